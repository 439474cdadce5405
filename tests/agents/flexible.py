"""A pipeline on which every knob is open, and scenarios on it."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Variant
from ipagym.task.objective import Objective
from ipagym.task.physics import DropPolicy, Physics
from ipagym.task.scenario import Scenario
from tests.pipelines import small_pipeline

CORES = (1, 2, 4)


def on_cores(variant: Variant) -> Variant:
    """The variant on 1, 2 and 4 cores, of which it makes good use; one is its base."""

    def latency(cores: int) -> LatencyModel:
        speed = 0.2 + 0.8 * cores
        average = {b: s / speed for b, s in variant.latency.average_s.items()}
        return LatencyModel(average_s=average, p99_s={b: s / speed for b, s in variant.latency.p99_s.items()})

    return replace(variant, base_cores=1, latency=latency(1), on_cores={c: latency(c) for c in CORES[1:]})


def flexible_pipeline(stages: int = 2, slo_s: float = 1.5) -> Pipeline:
    """Equal stages with three variants on 1, 2 or 4 cores and batches of 1 to 8."""
    whole = small_pipeline(stages)
    made = (replace(stage, variants=tuple(map(on_cores, stage.variants))) for stage in whole.stages)
    return replace(whole, stages=tuple(made), slo_s=slo_s)


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Rates of so many seconds each."""

    rates: tuple[float, ...]
    each_s: int
    name: str = field(default="steps")

    @property
    def duration_s(self) -> int:
        return len(self.rates) * self.each_s

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        return np.repeat(np.array(self.rates), self.each_s)


def flexible_scenario(load: Steps, *, stages: int = 1, limits: Limits | None = None) -> Scenario:
    """The pipeline under that load, from one replica of the middle variant on two cores at batch 2."""
    pipeline = flexible_pipeline(stages)
    return Scenario(
        pipeline=pipeline,
        workload=load,
        initial=Configuration((StageSetting.of("v1", 2, 2, 2),) * stages),
        limits=limits or Limits(max_replicas=8, max_deployments=3, max_cores=64),
        objective=Objective(alpha=40.0),
        physics=Physics(batch_timeout_s=0.1, drop=DropPolicy(max_age_s=10.0)),
        interval_s=10.0,
    )
