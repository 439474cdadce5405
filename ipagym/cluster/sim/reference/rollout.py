"""A new configuration, taken up by the stages."""

from collections.abc import Callable, Sequence

from ipagym.cluster.sim.reference.stage import StageServer
from ipagym.model.configuration import Configuration


def start(stages: Sequence[StageServer], configuration: Configuration) -> None:
    """Have the configuration's replicas ready now."""
    for stage, setting in zip(stages, configuration.stages, strict=True):
        stage.start(setting)


def follow(stages: Sequence[StageServer], configuration: Configuration, use_room: Callable[[], None]) -> None:
    """Start moving to a configuration; what an earlier one left unfinished is superseded."""
    for stage, setting in zip(stages, configuration.stages, strict=True):
        stage.follow(setting)
    # Only now: room that one stage leaves may be what another waits for.
    use_room()
    for stage in stages:
        stage.dispatch_stage()
