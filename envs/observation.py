"""What a learner sees of a window: named numbers, scaled to about [-1, 1]."""

from dataclasses import dataclass
from math import log1p

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from ipagym.configuration import Limits, StageSetting
from ipagym.pipeline import Pipeline, Stage
from ipagym.window import StageWindow, Window

BOUND = 10.0
"""Every value is clipped to ±BOUND, so that the space is bounded; values in regular service stay within ±1."""

PIPELINE_NAMES = ("rate", "rate_peak", "rate_first_half", "rate_second_half", "in_system", "latency_p50",
                  "latency_p99", "violation_rate", "cores", "accuracy")  # fmt: skip
STAGE_NAMES = ("variant", "accuracy", "replicas", "batch", "queue", "utilisation", "ready", "starting", "pending",
               "draining", "capacity")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Observer:
    """Turns windows into float32 vectors.

    Rates and capacities are divided by `rate_scale_rps`, what all replicas of the lightest variants can serve;
    latencies by the SLO; queues enter as log(1 + n) / log(1 + 1000).
    """

    pipeline: Pipeline
    limits: Limits

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each entry, such as `crop.queue`."""
        return PIPELINE_NAMES + tuple(f"{stage.name}.{name}" for stage in self.pipeline.stages for name in STAGE_NAMES)

    @property
    def rate_scale_rps(self) -> float:
        """The rate that the slowest stage could serve with all its replicas on its lightest variant."""
        return min(
            self.limits.max_replicas * max(stage.lightest.latency.throughput_rps(b) for b in stage.batches)
            for stage in self.pipeline.stages
        )

    def space(self) -> Box:
        """The observation space, shape (len(names),)."""
        return Box(-BOUND, BOUND, shape=(len(self.names),), dtype=np.float32)

    def observe(self, window: Window) -> NDArray[np.float32]:
        """The observation of `window`, shape (len(names),)."""
        values = self._pipeline_values(window)
        for stage, setting, seen in zip(self.pipeline.stages, window.configuration.stages, window.stages, strict=True):
            values += self._stage_values(stage, setting, seen)
        return np.array(np.clip(values, -BOUND, BOUND), dtype=np.float32)

    def _pipeline_values(self, window: Window) -> list[float]:
        per_s = window.arrivals_per_s / self.rate_scale_rps
        half = max(1, len(per_s) // 2)
        slo_s = self.pipeline.slo_s
        heaviest = sum(max(v.base_cores for v in stage.variants) for stage in self.pipeline.stages)
        return [
            window.arrivals / window.duration_s / self.rate_scale_rps,
            float(per_s.max()),
            float(per_s[:half].mean()),
            float(per_s[-half:].mean()),
            _log_scaled(window.in_system),
            window.latency_quantile_s(0.5) / slo_s,
            window.latency_quantile_s(0.99) / slo_s,
            window.violation_rate,
            window.cores / (heaviest * self.limits.max_replicas),
            window.accuracy,
        ]

    def _stage_values(self, stage: Stage, setting: StageSetting, seen: StageWindow) -> list[float]:
        variant = stage.variant(setting.variant)
        most = self.limits.max_replicas
        capacity_rps = setting.replicas * variant.latency.throughput_rps(setting.batch)
        return [
            stage.variants.index(variant) / max(1, len(stage.variants) - 1),
            variant.accuracy,
            setting.replicas / most,
            stage.batches.index(setting.batch) / max(1, len(stage.batches) - 1),
            _log_scaled(seen.queue),
            seen.utilisation,
            seen.ready / most,
            seen.starting / most,
            seen.pending / most,
            seen.draining / most,
            capacity_rps / self.rate_scale_rps,
        ]


def _log_scaled(count: int) -> float:
    return log1p(count) / log1p(1000)
