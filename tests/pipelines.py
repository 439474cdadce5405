"""Small pipelines and windows for tests."""

from collections.abc import Sequence

import numpy as np

from ipagym.model.configuration import Configuration, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.window import StageWindow, Window

BATCHES = (1, 2, 4, 8)


def small_variant(index: int) -> Variant:
    """Variant number `index`: slower, more accurate and (every second one) on more cores than the one before."""
    average = {b: 0.05 * (1 + index) * (0.4 + 0.6 * b) for b in BATCHES}
    return Variant(
        name=f"v{index}",
        accuracy=0.5 + 0.1 * index,
        base_cores=1 + index // 2,
        load_s=5.0 + index,
        latency=LatencyModel(average_s=average, p99_s={b: 1.2 * a for b, a in average.items()}),
    )


def small_pipeline(stages: int = 2, variants: int = 3) -> Pipeline:
    """A chain of equal stages s0, s1, … with variants v0, v1, … (at most 5) and batches 1, 2, 4, 8."""
    return Pipeline(
        name="small",
        stages=tuple(
            Stage(name=f"s{s}", variants=tuple(small_variant(v) for v in range(variants)), batches=BATCHES)
            for s in range(stages)
        ),
        slo_s=1.5,
        idle_watts_per_core=2.0,
        busy_watts_per_core=5.0,
    )


def stage_window(**changes: float) -> StageWindow:
    """A calm stage with one ready replica, but for the given fields."""
    fields = {"queue": 0, "arrivals": 50, "dropped": 0, "ready": 1, "starting": 0, "pending": 0, "draining": 0}
    return StageWindow(**{"utilisation": 0.5, **fields, **changes})  # type: ignore[arg-type]


def window(
    configuration: Configuration,
    *,
    arrivals_per_s: Sequence[int] = (5,) * 10,
    stages: Sequence[StageWindow] | None = None,
    start_s: float = 0.0,
) -> Window:
    """A calm window under a configuration: all requests completed within 0.2 s, all replicas ready."""
    arrivals = sum(arrivals_per_s)
    return Window(
        start_s=start_s,
        end_s=start_s + len(arrivals_per_s),
        arrivals=arrivals,
        completed=arrivals,
        dropped=0,
        violations=0,
        in_system=0,
        arrivals_per_s=np.array(arrivals_per_s, dtype=np.int64),
        latency_s=np.full(arrivals, 0.2),
        cores=float(sum(s.first.replicas for s in configuration.stages)),
        accuracy=0.25,
        energy_j=100.0,
        stages=tuple(stages or [stage_window(arrivals=arrivals, ready=s.first.replicas) for s in configuration.stages]),
        configuration=configuration,
    )


def one_each(pipeline: Pipeline) -> Configuration:
    """One replica of the lightest variant at the smallest batch in every stage."""
    return Configuration(tuple(StageSetting.of(s.lightest.name, 1, s.batches[0]) for s in pipeline.stages))
