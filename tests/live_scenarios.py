"""Scenarios that are served by processes in tests, which do not wait long."""

from dataclasses import replace
from typing import Any

from ipagym.cluster.live import LiveCluster, rehearsal
from ipagym.model.pipeline import Pipeline
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from tests import tiny


def quick(stages: int = 2, base_s: float = 0.01, slo_s: float = 1.0) -> Pipeline:
    """A tiny pipeline whose models load at once."""
    slow = tiny.pipeline(stages, base_s, slo_s)
    return replace(
        slow,
        stages=tuple(
            replace(stage, variants=tuple(replace(variant, load_s=0.0) for variant in stage.variants))
            for stage in slow.stages
        ),
    )


def live_scenario(rates: tuple[float, ...], *settings: Any, **changes: Any) -> Scenario:
    fields = {"pipeline": quick(max(len(settings), 1)), "physics": Physics(batch_timeout_s=0.02)}
    return tiny.scenario(rates, *settings, **(fields | changes))


def rehearsed(scenario: Scenario) -> LiveCluster:
    return LiveCluster(scenario, rehearsal(scenario.pipeline), keep_requests=True)
