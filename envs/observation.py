"""Windows as a learner sees them: named numbers, scaled to about [-1, 1]."""

from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from ipagym.envs.capacity import Capacity
from ipagym.envs.codec import Codec
from ipagym.model.configuration import Limits
from ipagym.model.deployments import Deployments, deployments_of
from ipagym.model.pipeline import Pipeline
from ipagym.model.records import Records, records_of
from ipagym.model.window import Window

BOUND = 10.0
"""Every value is clipped to ±BOUND, so that the space is bounded; values in regular service stay within ±1."""

PIPELINE_NAMES = ("rate", "rate_peak", "rate_first_half", "rate_second_half", "in_system", "latency_p50",
                  "latency_p99", "violation_rate", "cores", "accuracy", "network_max", "budget_min", "budget_mean",
                  "budget_max")  # fmt: skip
STAGE_NAMES = ("accuracy", "queue", "utilisation", "ready", "starting", "pending", "draining", "capacity")


class Observer:
    """Turns windows into float32 vectors, those of one cluster or of many at once.

    Rates and capacities are divided by `rate_scale_rps`, what all replicas of the lightest variants can serve;
    latencies by the SLO; queues enter as log(1 + n) / log(1 + 1000). `budget` is the share of the SLO that requests had
    left on their arrival, which is all of it where there is no network. The knobs in force come as the codec has them.
    """

    def __init__(self, pipeline: Pipeline, limits: Limits) -> None:
        self.pipeline = pipeline
        self.limits = limits
        self.rate_scale_rps = _rate_scale_rps(pipeline, limits)
        self._knobs = Codec(pipeline, limits).stages
        self._capacity = Capacity(pipeline)
        self._most = limits.max_replicas * limits.max_deployments
        widest = sum(max(v.core_choices[-1] for v in stage.variants) for stage in pipeline.stages)
        self._cores = widest * limits.max_replicas if limits.max_cores is None else limits.max_cores

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each entry, such as `crop.queue`."""
        stages = zip(self.pipeline.stages, self._knobs, strict=True)
        return PIPELINE_NAMES + tuple(
            f"{stage.name}.{name}" for stage, knobs in stages for name in (*knobs.observed_names, *STAGE_NAMES)
        )

    def space(self) -> Box:
        """The observation space, shape (len(names),)."""
        return Box(-BOUND, BOUND, shape=(len(self.names),), dtype=np.float32)

    def observe(self, window: Window) -> NDArray[np.float32]:
        """The observation of `window`, shape (len(names),)."""
        windows, stages = records_of(window)
        records = deployments_of(window.configuration, self.pipeline, self.limits.max_deployments)
        observations = self.observe_all(windows, stages, (window.arrivals_per_s[np.newaxis], records[np.newaxis]))
        return np.asarray(observations[0], dtype=np.float32)

    def observe_all(
        self, windows: Records, stages: Records, beside: tuple[NDArray[np.int64], Deployments]
    ) -> NDArray[np.float32]:
        """The observations of K windows, shape (K, len(names)).

        `windows` and `stages` are the records of `ipagym.model.records`, shapes (K,) and (K, stages); `beside` holds
        the arrivals in each second, shape (K, seconds), and the configurations in force, (K, stages, max_deployments).
        """
        arrivals_per_s, records = beside
        parts = [self._pipeline_values(windows, arrivals_per_s)]
        served = self._stage_values(stages, records)
        for s, knobs in enumerate(self._knobs):
            parts += [knobs.observed(records[:, s]), served[:, s]]
        values = np.concatenate(parts, axis=1)
        return np.asarray(np.clip(values, -BOUND, BOUND), dtype=np.float32)

    def _pipeline_values(self, windows: Records, arrivals_per_s: NDArray[np.int64]) -> NDArray[np.float64]:
        scale, slo_s = self.rate_scale_rps, self.pipeline.slo_s
        half = max(1, arrivals_per_s.shape[1] // 2)
        columns = (
            windows["arrivals"] / (windows["end_s"] - windows["start_s"]) / scale,
            arrivals_per_s.max(axis=1) / scale,
            arrivals_per_s[:, :half].sum(axis=1) / half / scale,
            arrivals_per_s[:, -half:].sum(axis=1) / half / scale,
            _log_scaled(windows["in_system"]),
            windows["latency_p50_s"] / slo_s,
            windows["latency_p99_s"] / slo_s,
            np.minimum(1.0, windows["violations"] / np.maximum(windows["arrivals"], 1)),
            windows["cores"] / self._cores,
            windows["accuracy"],
            windows["network_max_s"] / slo_s,
            1 - windows["network_max_s"] / slo_s,
            1 - windows["network_mean_s"] / slo_s,
            1 - windows["network_min_s"] / slo_s,
        )
        return np.stack(columns, axis=1)

    def _stage_values(self, stages: Records, records: Deployments) -> NDArray[np.float64]:
        columns = (
            self._capacity.accuracy(records),
            _log_scaled(stages["queue"]),
            stages["utilisation"],
            stages["ready"] / self._most,
            stages["starting"] / self._most,
            stages["pending"] / self._most,
            stages["draining"] / self._most,
            self._capacity.throughput_rps(records).sum(axis=2) / self.rate_scale_rps,
        )
        return np.stack(columns, axis=2)


def _rate_scale_rps(pipeline: Pipeline, limits: Limits) -> float:
    """The rate that the slowest stage could serve with all its replicas on its lightest variant, on all cores."""
    return min(
        limits.max_replicas * max(model.throughput_rps(b) for b in stage.batches)
        for stage in pipeline.stages
        for model in [stage.lightest.latency_on(stage.lightest.core_choices[-1])]
    )


def _log_scaled(count: Any) -> Any:
    return np.log1p(count) / np.log1p(1000)
