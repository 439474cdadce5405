"""The Horizontal Pod Autoscaler of Kubernetes (autoscaling/v2) on CPU utilisation, as far as a window shows it.

The rule is that of kubernetes/kubernetes, `pkg/controller/podautoscaler/{replica_calculator,horizontal}.go`, in pure
functions: `recommend` (the metric), `stabilise` (the history) and `limit_rate` (the scaling policies).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, trunc

import numpy as np

from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.errors import InputError
from ipagym.pipeline import Pipeline
from ipagym.window import StageWindow, Window

ROUNDING = 1e-9
"""Floating point noise in a product of ratios must not cost a replica."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pods:
    """The pods of one stage: `current` asked for, and those `ready` with their mean `usage` (CPU used / requested).

    `ignored` ones are pending or not ready yet, `missing` ones run without a metric.
    """

    current: int
    ready: int
    usage: float
    ignored: int = 0
    missing: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Policies:
    """How far a stage may move in `period_s` seconds: `percent` of its replicas or `pods`, whichever is more."""

    period_s: float = 15.0
    percent: float = 100.0
    pods: int = 0


SMALLEST_TARGET = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class HpaSettings:
    """The settings of Kubernetes under their usual defaults, but for `target`, the CPU utilisation aimed at (0..1)."""

    target: float = 0.6
    tolerance: float = 0.1
    up_window_s: float = 0.0
    down_window_s: float = 300.0
    up: Policies = field(default_factory=lambda: Policies(pods=4))
    down: Policies = field(default_factory=Policies)

    def __post_init__(self) -> None:
        if not SMALLEST_TARGET <= self.target <= 1:
            raise InputError(f"target utilisation must be in {SMALLEST_TARGET}..1, not {self.target}")
        if not 0 <= self.tolerance < 1:
            raise InputError(f"tolerance must be in [0, 1), not {self.tolerance}")


Record = tuple[float, int]
"""A time in seconds and a number of replicas: recommended then, or added (below 0: removed) then."""


def recommend(pods: Pods, target: float, tolerance: float) -> int:
    """Replicas that would bring usage to `target`; the current number without a metric or within `tolerance`."""
    if not pods.ready:
        return pods.current
    ratio = pods.usage / target
    if not pods.missing and not (pods.ignored and ratio > 1):
        return pods.current if _near_one(ratio, tolerance) else _ceil(ratio * pods.ready)
    return _recommend_cautiously(pods, ratio, target, tolerance)


def _recommend_cautiously(pods: Pods, ratio: float, target: float, tolerance: float) -> int:
    """The rule with pods of unknown usage: counted so as to damp the move, which must not change direction.

    On the way down missing pods count as fully used; on the way up missing and ignored ones count as idle.
    """
    counted = pods.ready + pods.missing + (pods.ignored if ratio > 1 else 0)
    used = pods.usage * pods.ready + (pods.missing if ratio < 1 else 0)
    damped = used / counted / target
    if _near_one(damped, tolerance) or (ratio < 1 < damped) or (damped < 1 < ratio):
        return pods.current
    desired = _ceil(damped * counted)
    turned = (damped < 1 and desired > pods.current) or (damped > 1 and desired < pods.current)
    return pods.current if turned else desired


def stabilise(current: int, desired: int, history: Sequence[Record], cutoffs_s: tuple[float, float]) -> int:
    """The most cautious of the recommendations since the cutoffs (upwards, downwards), in seconds."""
    up = min([desired, *(n for at, n in history if at > cutoffs_s[0])])
    down = max([desired, *(n for at, n in history if at > cutoffs_s[1])])
    return min(max(current, up), down)


def limit_rate(current: int, desired: int, changed: tuple[int, int], settings: HpaSettings) -> int:
    """`desired` within the scaling policies; `changed` is the net change in the (up, down) period so far."""
    if desired > current:
        start = current - changed[0]
        allowed = max(start + settings.up.pods, _ceil(start * (1 + settings.up.percent / 100)))
        return min(desired, max(allowed, current))
    start = current - changed[1]
    allowed = min(start - settings.down.pods, trunc(start * (1 - settings.down.percent / 100) + ROUNDING))
    return max(desired, min(allowed, current))


def _near_one(ratio: float, tolerance: float) -> bool:
    return abs(ratio - 1) <= tolerance + ROUNDING


def _ceil(value: float) -> int:
    return ceil(value - ROUNDING)


class StageScaler:
    """One autoscaler with its memory: past recommendations and past changes."""

    def __init__(self, settings: HpaSettings) -> None:
        self.settings = settings
        self._recommended: list[Record] = []
        self._changed: list[Record] = []

    def scale(self, pods: Pods, now_s: float, max_replicas: int) -> int:
        """The number of replicas from `now_s` on."""
        settings = self.settings
        if not self._recommended:
            # As in Kubernetes: the number found at the start counts as recommended, so that it is not cut at once.
            self._recommended.append((now_s, pods.current))
        desired = recommend(pods, settings.target, settings.tolerance)
        cutoffs = (now_s - settings.up_window_s, now_s - settings.down_window_s)
        stable = stabilise(pods.current, desired, self._recommended, cutoffs)
        self._recommended = [r for r in self._recommended if r[0] > min(cutoffs)] + [(now_s, desired)]
        changed = (self._change_since(now_s - settings.up.period_s), self._change_since(now_s - settings.down.period_s))
        replicas = min(max(limit_rate(pods.current, stable, changed, settings), 1), max_replicas)
        self._changed.append((now_s, replicas - pods.current))
        return replicas

    def _change_since(self, cutoff_s: float) -> int:
        return sum(change for at, change in self._changed if at > cutoff_s)


class Hpa:
    """One horizontal autoscaler per stage, acting once per window; variants and batches stay as they are frozen.

    `frozen` gives the variants and batches (its replicas are ignored); without it, the lightest variant of each stage
    at its smallest batch.
    """

    def __init__(self, settings: HpaSettings | None = None, *, frozen: Configuration | None = None) -> None:
        self.settings = settings or HpaSettings()
        self.frozen = frozen

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget past recommendations and changes."""
        lightest = Configuration(tuple(StageSetting(s.lightest.name, 1, s.batches[0]) for s in pipeline.stages))
        self._base = self.frozen or lightest
        self._max_replicas = limits.max_replicas
        self._scalers = [StageScaler(self.settings) for _ in pipeline.stages]

    def decide(self, window: Window) -> Configuration:
        """The frozen variants and batches in the replicas that each stage's autoscaler wants."""
        observed = zip(self._scalers, self._base.stages, window.configuration.stages, window.stages, strict=True)
        return Configuration(
            tuple(
                StageSetting(
                    base.variant,
                    scaler.scale(pods_of(stage, running.replicas), window.end_s, self._max_replicas),
                    base.batch,
                )
                for scaler, base, running, stage in observed
            )
        )


def pods_of(stage: StageWindow, current: int) -> Pods:
    """What a window shows of a stage's pods: starting and pending ones are ignored, draining ones do not count."""
    return Pods(current=current, ready=stage.ready, usage=stage.utilisation, ignored=stage.starting + stage.pending)
