"""Offline trials: the latency of a configuration under a load, by simulation instead of the authors' profiling."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.sim.compiled import CompiledCluster
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.task.objective import Objective
from ipagym.task.physics import DropPolicy, Physics
from ipagym.task.scenario import Scenario

SEED = 0
"""The seed of every trial, so that configurations are compared with the same random numbers."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Recorded:
    """A load given by its rates."""

    rates: tuple[float, ...]
    name: str = field(default="recorded")

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return len(self.rates)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """The rates."""
        return np.array(self.rates)


def p99_s(pipeline: Pipeline, configuration: Configuration, limits: Limits, rates_rps: Sequence[float]) -> float:
    """The 99th percentile of the latency in a trial of that load; infinite if not all requests were served. Requests
    that are still in the system half an SLO after the end of the load count as not served.
    """
    physics = Physics(batch_timeout_s=0.0, drop=DropPolicy())
    scenario = Scenario(
        pipeline=pipeline,
        workload=Recorded(rates=(*rates_rps, *(0.0,) * (1 + int(pipeline.slo_s / 2)))),
        initial=configuration,
        limits=limits,
        objective=Objective(),
        physics=physics,
        interval_s=1.0,
    )
    cluster = CompiledCluster(scenario)
    cluster.reset(SEED)
    window = cluster.advance(float(scenario.workload.duration_s))
    return float("inf") if window.in_system else window.latency_quantile_s(0.99)
