"""Replicas that one metric asks of Kubernetes' Horizontal Pod Autoscaler (autoscaling/v2), as pure functions.

Source: kubernetes/kubernetes, `pkg/controller/podautoscaler/replica_calculator.go` and `metrics/utilization.go`, as of
release 1.35: `recommend` (a metric of the pods), `recommend_by_value` and `recommend_by_average` (one of an object or
from outside). As there, figures are whole thousandths, and nothing is forgiven for rounding.
"""

from dataclasses import dataclass
from math import ceil, floor
from typing import Protocol

from ipagym.system.errors import InputError

NOISE = 1e-6
"""Rounding error, in thousandths, of a whole figure that is a product of floating point numbers."""

NANO = 1e-9
"""The smallest quantity of the API; anything smaller is noise."""

MOST_REPLICAS = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Pods:
    """The pods of one stage: `current` are requested, `ready` ones have figures with a total usage of `used_milli`.

    `unready` ones are pending, or not ready yet; `missing` ones run without a figure.
    """

    current: int
    ready: int
    used_milli: int
    unready: int = 0
    missing: int = 0


DEFAULT_TOLERANCE = 0.1
"""The default of the controller manager (`--horizontal-pod-autoscaler-tolerance`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """The deviation of usage from target up to which the autoscaler does not act, by direction (KEP-4951)."""

    up: float = DEFAULT_TOLERANCE
    down: float = DEFAULT_TOLERANCE

    def __post_init__(self) -> None:
        for value in (self.up, self.down):
            if not 0 <= value < float("inf"):
                raise InputError(f"tolerance must be 0 or more and finite, not {value}")

    def covers(self, ratio: float) -> bool:
        """True if this ratio is within the tolerance of 1."""
        return 1.0 - self.down <= ratio <= 1.0 + self.up


class PodTarget(Protocol):
    """The target usage of a metric for each pod."""

    @property
    def presumed_milli(self) -> int:
        """The assumed usage of a pod without a figure when scaling down."""

    def ratio(self, used_milli: int, pods: int) -> float:
        """The total usage of that number of pods, relative to the target."""


@dataclass(frozen=True, slots=True)
class Utilisation:
    """A share of the pod's request; usage is truncated to whole percent before the comparison."""

    percent: float
    request_milli: int = 1000

    @property
    def presumed_milli(self) -> int:
        """Its whole request, or the target if that is more."""
        return floor(self.request_milli * max(100.0, self.percent) / 100)

    def ratio(self, used_milli: int, pods: int) -> float:
        """Usage relative to the target."""
        return (used_milli * 100 // (pods * self.request_milli)) / self.percent


@dataclass(frozen=True, slots=True)
class Average:
    """An amount for each pod."""

    milli: int

    @property
    def presumed_milli(self) -> int:
        """The target."""
        return self.milli

    def ratio(self, used_milli: int, pods: int) -> float:
        """Usage relative to the target; the mean is truncated to whole thousandths."""
        return (used_milli // pods) / self.milli


def recommend(pods: Pods, target: PodTarget, tolerance: Tolerance) -> int | None:
    """Replicas that would bring the pods to `target`; the current number within `tolerance`, None without figures."""
    if not pods.ready:
        return None
    ratio = target.ratio(pods.used_milli, pods.ready)
    if not pods.missing and not (pods.unready and ratio > 1):
        return pods.current if tolerance.covers(ratio) else ceil_of(ratio * pods.ready)
    return _recommend_cautiously(pods, ratio, target, tolerance)


def _recommend_cautiously(pods: Pods, ratio: float, target: PodTarget, tolerance: Tolerance) -> int:
    """The rule for pods of unknown usage: they damp the change, which must not reverse its direction. When scaling
    down, missing pods are assumed to use much; when scaling up, missing and unready pods count as idle.
    """
    counted = pods.ready + (pods.missing if ratio != 1 else 0) + (pods.unready if ratio > 1 else 0)
    used_milli = pods.used_milli + (pods.missing * target.presumed_milli if ratio < 1 else 0)
    damped = target.ratio(used_milli, counted)
    if tolerance.covers(damped) or (ratio < 1 < damped) or (damped < 1 < ratio):
        return pods.current
    desired = ceil_of(damped * counted)
    turned = (damped < 1 and desired > pods.current) or (damped > 1 and desired < pods.current)
    return pods.current if turned else desired


def recommend_by_value(total: float, target: float, pods: Pods, tolerance: Tolerance) -> int:
    """Replicas for a figure of the whole stage with the target `target` (Value): a multiple of the ready ones."""
    ratio = figure_milli(total) / target_milli(target)
    return pods.current if tolerance.covers(ratio) else ceil_of(ratio * pods.ready)


def recommend_by_average(total: float, target: float, current: int, tolerance: Tolerance) -> int:
    """Replicas for a figure of the whole stage with `target` per replica (AverageValue)."""
    used_milli, each_milli = figure_milli(total), target_milli(target)
    covered = tolerance.covers(used_milli / (each_milli * current))
    return current if covered else ceil_of(used_milli / each_milli)


def figure_milli(value: float) -> int:
    """A figure in whole thousandths, truncated as by adapters."""
    return floor(value * 1000 + NOISE)


def target_milli(value: float) -> int:
    """A quantity of the API (a target, a usage of CPU) in whole thousandths, as Kubernetes rounds it up."""
    return max(ceil(value * 1000 - NOISE), int(value >= NANO))


def ceil_of(value: float) -> int:
    """The value rounded up, within the range of numbers of replicas."""
    return ceil(value) if value < MOST_REPLICAS else MOST_REPLICAS
