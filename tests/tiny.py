"""Small scenarios for tests of the simulator and the environment."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class FixedRates:
    """A workload of given rates."""

    rates: tuple[float, ...]
    name: str = "fixed"

    @property
    def duration_s(self) -> int:
        return len(self.rates)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        return np.array(self.rates, dtype=np.float64)


def variant(name: str, base_s: float, *, cores: int = 1, accuracy: float = 0.5, load_s: float = 2.0) -> Variant:
    """A variant whose latency is `base_s` at batch 1 and grows by half of that with each further request."""
    points = {batch: base_s * (1 + 0.5 * (batch - 1)) for batch in (1, 2, 4, 8)}
    latency = LatencyModel(average_s=points, p99_s={b: 1.5 * s for b, s in points.items()})
    return Variant(name=name, accuracy=accuracy, base_cores=cores, load_s=load_s, latency=latency)


def pipeline(stages: int = 1, base_s: float = 0.25, slo_s: float = 1.0) -> Pipeline:
    """Stages with a small (1 core) and a big (2 cores, twice as slow, more accurate) variant each."""
    return Pipeline(
        name="tiny",
        slo_s=slo_s,
        idle_watts_per_core=5.0,
        busy_watts_per_core=10.0,
        stages=tuple(
            Stage(
                name=f"stage{i}",
                batches=(1, 2, 4, 8),
                variants=(
                    variant("small", base_s, accuracy=0.5),
                    variant("big", 2 * base_s, cores=2, accuracy=0.75, load_s=3.0),
                ),
            )
            for i in range(stages)
        ),
    )


def setting(replicas: int = 1, batch: int = 1, name: str = "small") -> StageSetting:
    return StageSetting.of(name, replicas, batch)


def scenario(rates: tuple[float, ...], *settings: StageSetting, **changes: Any) -> Scenario:
    """A scenario with one stage for each setting."""
    chosen = settings or (setting(),)
    fields: dict[str, Any] = {
        "pipeline": pipeline(len(chosen)),
        "workload": FixedRates(rates=rates),
        "initial": Configuration(chosen),
        "limits": Limits(max_replicas=4),
        "interval_s": 1.0,
    }
    return Scenario(**(fields | changes))


def side_by_side(*settings: StageSetting) -> StageSetting:
    """The deployments of several settings in one stage."""
    return StageSetting(tuple(each for setting in settings for each in setting.deployments))
