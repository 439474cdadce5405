"""The rule of Kubernetes' Horizontal Pod Autoscaler (autoscaling/v2) as pure functions.

Source: kubernetes/kubernetes, `pkg/controller/podautoscaler/{replica_calculator,horizontal}.go`: `recommend` (a metric
of the pods), `recommend_external` (one that is not theirs), `stabilise` (the history), `limit_rate` (the policies).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, inf, trunc
from typing import Literal

from ipagym.errors import InputError

ROUNDING = 1e-9
"""Floating point noise in a product of ratios must not cost a replica."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pods:
    """The pods of one stage: `current` asked for, and those `ready` with their mean `usage`, of what one requests.

    `ignored` ones are pending or not ready yet, `missing` ones run without a metric.
    """

    current: int
    ready: int
    usage: float
    ignored: int = 0
    missing: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Tolerance:
    """How far the ratio of usage and target may be off before the autoscaler acts, by direction (KEP-4951)."""

    up: float = 0.1
    down: float = 0.1

    def __post_init__(self) -> None:
        for value in (self.up, self.down):
            if not 0 <= value < 1:
                raise InputError(f"tolerance must be in [0, 1), not {value}")

    def covers(self, ratio: float) -> bool:
        """Whether this ratio is near enough to 1."""
        return 1 - self.down - ROUNDING <= ratio <= 1 + self.up + ROUNDING


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A stage may change by so many `pods`, or by so many `percent` of what it had, in any `period_s` seconds."""

    period_s: float = 15.0
    pods: int | None = None
    percent: int | None = None

    def __post_init__(self) -> None:
        values = [value for value in (self.pods, self.percent) if value is not None]
        if len(values) != 1 or values[0] <= 0:
            raise InputError(f"a scaling policy has a value above 0, in pods or in percent: {self}")
        if not 0 < self.period_s <= 1800:
            raise InputError(f"the period of a scaling policy must be in (0, 1800] seconds, not {self.period_s}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Direction:
    """How fast replicas may go up, or down: the window of caution, and which of the policies binds."""

    window_s: float
    policies: tuple[Policy, ...]
    select: Literal["Max", "Min", "Disabled"] = "Max"

    def __post_init__(self) -> None:
        if not 0 <= self.window_s <= 3600:
            raise InputError(f"stabilizationWindowSeconds must be in 0..3600, not {self.window_s}")


def default_up() -> Direction:
    """100 % or 4 pods in 15 s, at once."""
    return Direction(window_s=0.0, policies=(Policy(percent=100), Policy(pods=4)))


def default_down() -> Direction:
    """100 % in 15 s, after 300 s."""
    return Direction(window_s=300.0, policies=(Policy(percent=100),))


@dataclass(frozen=True, kw_only=True, slots=True)
class Behavior:
    """Scaling up and down, with the defaults of the API."""

    up: Direction = field(default_factory=default_up)
    down: Direction = field(default_factory=default_down)


Record = tuple[float, int]
"""A time in seconds and a number of replicas: recommended then, or added (below 0: removed) then."""


def recommend(pods: Pods, target: float, tolerance: Tolerance) -> int:
    """Replicas that would bring usage to `target`; the current number without a metric or within `tolerance`."""
    if not pods.ready:
        return pods.current
    ratio = pods.usage / target
    if not pods.missing and not (pods.ignored and ratio > 1):
        return pods.current if tolerance.covers(ratio) else ceil_of(ratio * pods.ready)
    return _recommend_cautiously(pods, ratio, target, tolerance)


def _recommend_cautiously(pods: Pods, ratio: float, target: float, tolerance: Tolerance) -> int:
    """The rule with pods of unknown usage: counted so as to damp the move, which must not change direction.

    On the way down missing pods count as using all they request; on the way up missing and ignored ones count as idle.
    """
    counted = pods.ready + pods.missing + (pods.ignored if ratio > 1 else 0)
    used = pods.usage * pods.ready + (pods.missing if ratio < 1 else 0)
    damped = used / counted / target
    if tolerance.covers(damped) or (ratio < 1 < damped) or (damped < 1 < ratio):
        return pods.current
    desired = ceil_of(damped * counted)
    turned = (damped < 1 and desired > pods.current) or (damped > 1 and desired < pods.current)
    return pods.current if turned else desired


def recommend_external(total: float, target: float, current: int, tolerance: Tolerance) -> int:
    """Replicas for a figure of the whole stage, `target` of which each replica is to have (AverageValue)."""
    return current if tolerance.covers(total / (target * current)) else ceil_of(total / target)


def stabilise(current: int, desired: int, history: Sequence[Record], cutoffs_s: tuple[float, float]) -> int:
    """The most cautious of the recommendations since the cutoffs (upwards, downwards), in seconds."""
    up = min([desired, *(n for at, n in history if at > cutoffs_s[0])])
    down = max([desired, *(n for at, n in history if at > cutoffs_s[1])])
    return min(max(current, up), down)


def limit_rate(current: int, desired: int, changes: Sequence[Record], behavior: Behavior, now_s: float) -> int:
    """`desired` within the scaling policies, given the changes so far."""
    if desired > current:
        return min(desired, max(current, _limit(current, changes, behavior.up, now_s)))
    if desired < current:
        return max(desired, min(current, _limit(current, changes, behavior.down, now_s, sign=-1)))
    return current


def limit_without_behavior(current: int, desired: int) -> int:
    """`desired`, but at most twice the current number, or four: the rule before scaling policies."""
    return min(desired, max(2 * current, 4))


def _limit(current: int, changes: Sequence[Record], direction: Direction, now_s: float, sign: int = 1) -> int:
    """How far replicas may go in a direction (`sign` 1 up, −1 down)."""
    if direction.select == "Disabled":
        return current
    allowed = []
    for policy in direction.policies:
        start = current - sum(change for at, change in changes if at > now_s - policy.period_s)
        if policy.pods is not None:
            allowed.append(start + sign * policy.pods)
        elif policy.percent is not None:
            exact = start * (1 + sign * policy.percent / 100)
            allowed.append(ceil_of(exact) if sign > 0 else trunc(exact + ROUNDING))
    furthest = max if (direction.select == "Max") == (sign > 0) else min
    return furthest(allowed, default=sign * int(1e9))


def ceil_of(value: float) -> int:
    """The next whole number; what is a whole number but for rounding stays."""
    return ceil(value - ROUNDING) if value < inf else int(1e9)
