"""Knative's Pod Autoscaler on concurrency or requests per second, one per stage, with its panic mode.

Source: knative/serving, `pkg/autoscaler/scaling/autoscaler.go`, `pkg/reconciler/autoscaling/kpa/scaler.go` (bounds) and
`config-autoscaler`. A replica serves one batch at a time, so its container concurrency is by default its batch.
Concurrency is taken from the figures of a window, which may be longer than Knative's one-second buckets: the panic
window of 6 s is then the last window. Scaling to zero and the activator are not simulated.
"""

from dataclasses import dataclass, replace
from math import ceil, floor, inf
from typing import Literal

from ipagym.agents.common.arguments import positive
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.recent import Recent
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

UTILISATION = 0.7
STABLE_S = 60.0
PANIC_SHARE = 0.1
PANIC_THRESHOLD = 2.0
MOST_UP = 1000.0
MOST_DOWN = 2.0


@dataclass(frozen=True, slots=True)
class Panic:
    """The start of panic (−∞: no panic), the last time over the threshold, and the most replicas wanted since the
    start.
    """

    is_on: bool = False
    last_over_s: float = -inf
    most: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class KpaSettings:
    """The annotations of a revision that have an effect here. `target` is the target of the metric for each replica,
    including target utilisation; None means 0.7 of its batch. With any load, there are at least `activation_replicas`;
    `delay_s` delays scaling down; `max_replicas` None means that of the limits.
    """

    metric: Literal["concurrency", "rps"] = "concurrency"
    target: float | None = None
    window_s: float = STABLE_S
    panic_window_s: float = PANIC_SHARE * STABLE_S
    panic_threshold: float = PANIC_THRESHOLD
    delay_s: float = 0.0
    min_replicas: int = 1
    max_replicas: int | None = None
    activation_replicas: int = 1

    def __post_init__(self) -> None:
        if self.target is not None and not 0 < self.target < inf:
            raise InputError(f"target of knative must be above 0 and finite, not {self.target}")
        if not 0 < self.panic_window_s <= self.window_s < inf:
            raise InputError(
                f"panic_window_s must be in (0, window_s ({self.window_s:g})], not {self.panic_window_s:g}"
            )
        if self.min_replicas < 1 or (self.max_replicas or self.min_replicas) < self.min_replicas:
            raise InputError(f"min_replicas must be in 1..max_replicas ({self.max_replicas}), not {self.min_replicas}")


def desired(
    ready: int, stable: float, panic: float, target: float, *, threshold: float = PANIC_THRESHOLD
) -> tuple[int, int, bool]:
    """Replicas by the stable and by the panic window, and whether the load is over the panic threshold.

    `stable` and `panic` are the means over all replicas together, `target` is the target of one replica.
    """
    n = max(1, ready)
    most, least = ceil(MOST_UP * n), floor(n / MOST_DOWN)
    by_stable = min(max(ceil(stable / target), least), most)
    by_panic = min(max(ceil(panic / target), least), most)
    return by_stable, by_panic, ceil(panic / target) / n >= threshold


def first(ready: int, now_s: float) -> Panic:
    """An autoscaler that starts with several replicas begins in panic: it has too few figures to remove any."""
    return Panic(True, now_s, ready) if ready > 1 else Panic()


def after(panic: Panic, now_s: float, *, is_over: bool, stable_s: float = STABLE_S) -> Panic:
    """Panic begins and continues over the threshold, and ends when more than a stable window has passed since then."""
    if is_over:
        return Panic(True, now_s, panic.most if panic.is_on else 0)
    if panic.is_on and now_s - panic.last_over_s > stable_s:
        return Panic()
    return panic


class KpaRule:
    """One stage."""

    def __init__(self, settings: KpaSettings | None = None) -> None:
        self.settings = settings or KpaSettings()
        self._recent = Recent(self.settings.window_s)
        self._panic: Panic | None = None
        self._wanted: list[tuple[float, int]] = []

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted; the running ones until there is a figure."""
        given = self.settings
        if view.window.scraped:
            total = view.rate_rps if given.metric == "rps" else view.in_flight
            self._recent.add(view.now_s, view.window.duration_s, total)
        if self._recent.is_empty:
            return view.setting
        wanted = self._delayed(self._scaled(view), view.now_s)
        least = min(given.min_replicas, view.limits.max_replicas)
        most = min(given.max_replicas or view.limits.max_replicas, view.limits.max_replicas)
        return view.setting.turned(replicas=min(max(wanted, least), most))

    def _scaled(self, view: StageView) -> int:
        """Replicas by the windows, in panic or not."""
        given = self.settings
        before = first(view.seen.ready, view.now_s) if self._panic is None else self._panic
        target = given.target or UTILISATION * view.running.batch
        stable, panic = (self._recent.mean_over(seconds) for seconds in (given.window_s, given.panic_window_s))
        by_stable, by_panic, is_over = desired(view.seen.ready, stable, panic, target, threshold=given.panic_threshold)
        by_stable = max(by_stable, given.activation_replicas) if stable > 0 else by_stable
        by_panic = max(by_panic, given.activation_replicas) if panic > 0 else by_panic
        self._panic = after(before, view.now_s, is_over=is_over, stable_s=given.window_s)
        if not self._panic.is_on:
            return by_stable
        wanted = max(by_stable, by_panic, self._panic.most)
        self._panic = replace(self._panic, most=wanted)
        return wanted

    def _delayed(self, wanted: int, now_s: float) -> int:
        """The highest number wanted within the delay of scaling down."""
        self._wanted = [each for each in self._wanted if now_s - each[0] < self.settings.delay_s] + [(now_s, wanted)]
        return max(replicas for _, replicas in self._wanted)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the container concurrency."""
    concurrency = positive(argument, 1.0, name="knative", what="concurrency") if argument else None
    target = None if concurrency is None else UTILISATION * concurrency
    return ByStage(lambda stage: KpaRule(KpaSettings(target=target)))
