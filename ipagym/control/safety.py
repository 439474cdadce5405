"""Limits on how fast a controller may change a cluster."""

from dataclasses import dataclass, replace

from ipagym.model.configuration import Configuration, StageSetting
from ipagym.system.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Safety:
    """Bounds on every decision, beside the limits of the scenario.

    `most_change` is by how many replicas a deployment that stays may grow or shrink at once; after a change of variants
    they stay for `cool_down_s` seconds. A decision may take `decision_limit_s` seconds of real time.

    Raises:
        InputError: a bound is out of range.
    """

    most_change: int = 2
    cool_down_s: float = 0.0
    decision_limit_s: float = 5.0

    def __post_init__(self) -> None:
        if self.most_change < 1:
            raise InputError(f"most_change must be at least 1 replica, not {self.most_change}")
        if not 0 <= self.cool_down_s < float("inf"):
            raise InputError(f"cool_down_s must be 0 or more seconds, not {self.cool_down_s}")
        if not 0 < self.decision_limit_s < float("inf"):
            raise InputError(f"decision_limit_s must be above 0 seconds, not {self.decision_limit_s}")


def variants_of(configuration: Configuration) -> tuple[tuple[str, ...], ...]:
    """The variants of each stage."""
    return tuple(tuple(each.variant for each in setting.deployments) for setting in configuration.stages)


def within(wanted: Configuration, running: Configuration, most_change: int) -> Configuration:
    """The configuration that is wanted, with replicas not further from those that run than is allowed.

    A variant that is new in its stage begins with as many replicas as are wanted: those of the old one serve meanwhile.
    """
    stages = zip(wanted.stages, running.stages, strict=True)
    return Configuration(tuple(_stage_within(setting, found, most_change) for setting, found in stages))


def _stage_within(wanted: StageSetting, running: StageSetting, most_change: int) -> StageSetting:
    now = {each.variant: each.replicas for each in running.deployments}
    return StageSetting(
        tuple(
            replace(each, replicas=_near(each.replicas, now.get(each.variant), most_change))
            for each in wanted.deployments
        )
    )


def _near(wanted: int, running: int | None, most_change: int) -> int:
    return wanted if running is None else max(running - most_change, min(running + most_change, wanted))
