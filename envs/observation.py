"""What a learner sees of windows: named numbers, scaled to about [-1, 1]."""

from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from ipagym.configuration import Limits
from ipagym.envs.codec import Codec
from ipagym.figures import Records, figures_of
from ipagym.pipeline import Pipeline
from ipagym.window import Window

BOUND = 10.0
"""Every value is clipped to ±BOUND, so that the space is bounded; values in regular service stay within ±1."""

PIPELINE_NAMES = ("rate", "rate_peak", "rate_first_half", "rate_second_half", "in_system", "latency_p50",
                  "latency_p99", "violation_rate", "cores", "accuracy")  # fmt: skip
STAGE_NAMES = ("variant", "accuracy", "replicas", "batch", "queue", "utilisation", "ready", "starting", "pending",
               "draining", "capacity")  # fmt: skip


class Observer:
    """Turns windows into float32 vectors, those of one cluster or of many at once.

    Rates and capacities are divided by `rate_scale_rps`, what all replicas of the lightest variants can serve;
    latencies by the SLO; queues enter as log(1 + n) / log(1 + 1000).
    """

    def __init__(self, pipeline: Pipeline, limits: Limits) -> None:
        self.pipeline = pipeline
        self.limits = limits
        self.rate_scale_rps = _rate_scale_rps(pipeline, limits)
        self._codec = Codec(pipeline, limits)
        self._cores = sum(max(v.base_cores for v in s.variants) for s in pipeline.stages) * limits.max_replicas
        self._most_variants = np.array([max(1, len(s.variants) - 1) for s in pipeline.stages])
        self._most_batches = np.array([max(1, len(s.batches) - 1) for s in pipeline.stages])
        self._stages = np.arange(len(pipeline.stages))
        self._accuracy, self._throughput_rps = _lookup(pipeline)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each entry, such as `crop.queue`."""
        return PIPELINE_NAMES + tuple(f"{stage.name}.{name}" for stage in self.pipeline.stages for name in STAGE_NAMES)

    def space(self) -> Box:
        """The observation space, shape (len(names),)."""
        return Box(-BOUND, BOUND, shape=(len(self.names),), dtype=np.float32)

    def observe(self, window: Window) -> NDArray[np.float32]:
        """The observation of `window`, shape (len(names),)."""
        figures, stages = figures_of(window)
        action = self._codec.encode(window.configuration)
        observations = self.observe_all(figures, stages, (window.arrivals_per_s[np.newaxis], action[np.newaxis]))
        return np.asarray(observations[0], dtype=np.float32)

    def observe_all(
        self, figures: Records, stages: Records, beside: tuple[NDArray[np.int64], NDArray[np.int64]]
    ) -> NDArray[np.float32]:
        """The observations of K windows, shape (K, len(names)).

        `figures` and `stages` are the records of `ipagym.figures`, shapes (K,) and (K, stages); `beside` holds the
        arrivals in each second, shape (K, seconds), and the configurations in force as actions, (K, 3 · stages).
        """
        arrivals_per_s, actions = beside
        whole = self._pipeline_values(figures, arrivals_per_s)
        parts = self._stage_values(stages, actions.reshape(len(actions), -1, 3))
        values = np.concatenate([whole, parts.reshape(len(parts), -1)], axis=1)
        return np.asarray(np.clip(values, -BOUND, BOUND), dtype=np.float32)

    def _pipeline_values(self, figures: Records, arrivals_per_s: NDArray[np.int64]) -> NDArray[np.float64]:
        scale, slo_s = self.rate_scale_rps, self.pipeline.slo_s
        half = max(1, arrivals_per_s.shape[1] // 2)
        columns = (
            figures["arrivals"] / (figures["end_s"] - figures["start_s"]) / scale,
            arrivals_per_s.max(axis=1) / scale,
            arrivals_per_s[:, :half].sum(axis=1) / half / scale,
            arrivals_per_s[:, -half:].sum(axis=1) / half / scale,
            _log_scaled(figures["in_system"]),
            figures["latency_p50_s"] / slo_s,
            figures["latency_p99_s"] / slo_s,
            np.minimum(1.0, figures["violations"] / np.maximum(figures["arrivals"], 1)),
            figures["cores"] / self._cores,
            figures["accuracy"],
        )
        return np.stack(columns, axis=1)

    def _stage_values(self, stages: Records, actions: NDArray[np.int64]) -> NDArray[np.float64]:
        variant, batch = actions[..., 0], actions[..., 2]
        replicas, most = actions[..., 1] + 1, self.limits.max_replicas
        columns = (
            variant / self._most_variants,
            self._accuracy[self._stages, variant],
            replicas / most,
            batch / self._most_batches,
            _log_scaled(stages["queue"]),
            stages["utilisation"],
            stages["ready"] / most,
            stages["starting"] / most,
            stages["pending"] / most,
            stages["draining"] / most,
            replicas * self._throughput_rps[self._stages, variant, batch] / self.rate_scale_rps,
        )
        return np.stack(columns, axis=2)


def _rate_scale_rps(pipeline: Pipeline, limits: Limits) -> float:
    """The rate that the slowest stage could serve with all its replicas on its lightest variant."""
    return min(
        limits.max_replicas * max(stage.lightest.latency.throughput_rps(b) for b in stage.batches)
        for stage in pipeline.stages
    )


def _lookup(pipeline: Pipeline) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy by stage and variant, throughput in rps of a replica by stage, variant and batch; padded with 0."""
    variants = max(len(stage.variants) for stage in pipeline.stages)
    batches = max(len(stage.batches) for stage in pipeline.stages)
    accuracy = np.zeros((len(pipeline.stages), variants))
    throughput_rps = np.zeros((len(pipeline.stages), variants, batches))
    for s, stage in enumerate(pipeline.stages):
        for v, variant in enumerate(stage.variants):
            accuracy[s, v] = variant.accuracy
            throughput_rps[s, v, : len(stage.batches)] = [variant.latency.throughput_rps(b) for b in stage.batches]
    return accuracy, throughput_rps


def _log_scaled(count: Any) -> Any:
    return np.log1p(count) / np.log1p(1000)
