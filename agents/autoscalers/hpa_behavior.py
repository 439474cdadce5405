"""Stabilisation and rate limits between recommendation and action in Kubernetes' Horizontal Pod Autoscaler.

Source: kubernetes/kubernetes, `pkg/controller/podautoscaler/horizontal.go`, as of release 1.35, and the defaults of
autoscaling/v2: `stabilise` (the history), `limit_rate` (the policies); `stabilise_without_behavior` and
`limit_without_behavior` for an autoscaler without the field, which follows an older rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ipagym.agents.autoscalers.hpa_rule import ceil_of
from ipagym.system.errors import InputError

DOWNSCALE_S = 300.0
"""The default stabilisation window for scaling down."""


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
    """The rules for scaling up or down: the stabilisation window, the policies, and which of them binds."""

    window_s: float
    policies: tuple[Policy, ...]
    select: Literal["Max", "Min", "Disabled"] = "Max"

    def __post_init__(self) -> None:
        if not 0 <= self.window_s <= 3600:
            raise InputError(f"stabilizationWindowSeconds must be in 0..3600, not {self.window_s}")
        if not self.policies:
            raise InputError("a direction of scaling needs a policy: leave policies out for the default ones")

    @property
    def longest_s(self) -> float:
        """The longest period of a policy."""
        return max(policy.period_s for policy in self.policies)


def default_up() -> Direction:
    """100 % or 4 pods in 15 s, at once."""
    return Direction(window_s=0.0, policies=(Policy(pods=4), Policy(percent=100)))


def default_down() -> Direction:
    """100 % in 15 s, after 300 s."""
    return Direction(window_s=DOWNSCALE_S, policies=(Policy(percent=100),))


@dataclass(frozen=True, kw_only=True, slots=True)
class Behavior:
    """Scaling up and down, with the API's defaults."""

    up: Direction = field(default_factory=default_up)
    down: Direction = field(default_factory=default_down)


Record = tuple[float, int]
"""A time in seconds and a number of replicas that were recommended or added (below 0: removed) then."""


def stabilise(current: int, desired: int, history: Sequence[Record], cutoffs_s: tuple[float, float]) -> int:
    """The most conservative of the recommendations since the cutoffs (upwards, downwards), in seconds."""
    up = min([desired, *(n for at, n in history if at > cutoffs_s[0])])
    down = max([desired, *(n for at, n in history if at > cutoffs_s[1])])
    return min(max(current, up), down)


def stabilise_without_behavior(desired: int, history: Sequence[Record], cutoff_s: float) -> int:
    """The highest of the recommendations since the cutoff, also when scaling up."""
    return max([desired, *(n for at, n in history if at >= cutoff_s)])


def limit_rate(current: int, desired: int, changes: Sequence[Record], behavior: Behavior, now_s: float) -> int:
    """`desired` within the scaling policies, given the changes so far, in both directions."""
    if desired > current:
        return min(desired, max(current, _limit(current, changes, behavior.up, now_s)))
    if desired < current:
        return max(desired, min(current, _limit(current, changes, behavior.down, now_s, sign=-1)))
    return current


def limit_without_behavior(current: int, desired: int) -> int:
    """`desired`, but at most twice the current number, or four."""
    return min(desired, max(2 * current, 4))


def with_change(changes: Sequence[Record], change: Record, longest_s: float) -> list[Record]:
    """The changes in one direction with a new one, which replaces the last expired change, if there is one. A change
    expires after the longest period of this direction's policies. Policies of the other direction may have longer
    periods; they count the changes that are still stored.
    """
    kept = list(changes)
    outdated = [index for index, (at, _) in enumerate(kept) if at < change[0] - longest_s]
    if outdated:
        kept[outdated[-1]] = change
        return kept
    return [*kept, change]


def _limit(current: int, changes: Sequence[Record], direction: Direction, now_s: float, sign: int = 1) -> int:
    """The number that replicas may go to in a direction (`sign` 1 up, −1 down)."""
    if direction.select == "Disabled":
        return current
    allowed = []
    for policy in direction.policies:
        start = current - sum(change for at, change in changes if at > now_s - policy.period_s)
        if policy.pods is not None:
            allowed.append(start + sign * policy.pods)
        elif policy.percent is not None:
            exact = start * (1 + sign * policy.percent / 100)
            allowed.append(ceil_of(exact) if sign > 0 else int(exact))
    furthest = max if (direction.select == "Max") == (sign > 0) else min
    return furthest(allowed)
