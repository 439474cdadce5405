"""Knative's Pod Autoscaler on concurrency, one per stage, with its panic mode.

Source: knative/serving, `pkg/autoscaler/scaling/autoscaler.go` and `config-autoscaler`. A replica here serves one
batch at a time, so that its container concurrency is its batch unless said otherwise; concurrency is taken from the
figures of a window, which may be longer than Knative's one-second buckets: the panic window of 6 s is then the last
window. Not here: scaling to zero and the activator.
"""

from dataclasses import dataclass, replace
from math import ceil, floor, inf

from ipagym.agents.common.arguments import positive
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.recent import Recent
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.task.scenario import Scenario

UTILISATION = 0.7
STABLE_S = 60.0
PANIC_SHARE = 0.1
PANIC_THRESHOLD = 2.0
MOST_UP = 1000.0
MOST_DOWN = 2.0


@dataclass(frozen=True, slots=True)
class Panic:
    """Since when (−∞: not), when last over the threshold, and the most replicas wanted meanwhile."""

    is_on: bool = False
    last_over_s: float = -inf
    most: int = 0


def desired(ready: int, stable: float, panic: float, target: float) -> tuple[int, int, bool]:
    """Replicas by the stable and by the panic window, and whether the load is over the panic threshold.

    `stable` and `panic` are the mean concurrencies of all replicas, `target` that which one is to have.
    """
    n = max(1, ready)
    most, least = ceil(MOST_UP * n), floor(n / MOST_DOWN)
    by_stable = min(max(ceil(stable / target), least), most)
    by_panic = min(max(ceil(panic / target), least), most)
    return by_stable, by_panic, ceil(panic / target) / n >= PANIC_THRESHOLD


def first(ready: int, now_s: float) -> Panic:
    """An autoscaler that finds several replicas begins in panic: it knows too little to take any away."""
    return Panic(True, now_s, ready) if ready > 1 else Panic()


def after(panic: Panic, now_s: float, *, is_over: bool) -> Panic:
    """Panic begins and goes on while over the threshold, and ends once more than a stable window has passed since."""
    if is_over:
        return Panic(True, now_s, panic.most if panic.is_on else 0)
    if panic.is_on and now_s - panic.last_over_s > STABLE_S:
        return Panic()
    return panic


class KpaRule:
    """One stage; `concurrency` is what a replica may serve at once, None for its batch."""

    def __init__(self, concurrency: float | None = None) -> None:
        self.concurrency = concurrency
        self._recent = Recent(STABLE_S)
        self._panic: Panic | None = None

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        before = first(view.seen.ready, view.now_s) if self._panic is None else self._panic
        if view.window.scraped:
            self._recent.add(view.now_s, view.window.duration_s, view.in_flight)
        target = UTILISATION * (self.concurrency or view.running.batch)
        stable, panic = (self._recent.mean_over(seconds) for seconds in (STABLE_S, PANIC_SHARE * STABLE_S))
        by_stable, by_panic, is_over = desired(view.seen.ready, stable, panic, target)
        self._panic, wanted = after(before, view.now_s, is_over=is_over), by_stable
        if self._panic.is_on:
            wanted = max(by_stable, by_panic, self._panic.most)
            self._panic = replace(self._panic, most=wanted)
        return view.setting.turned(replicas=min(max(wanted, 1), view.limits.max_replicas))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the container concurrency."""
    concurrency = positive(argument, 1.0, name="knative", what="concurrency") if argument else None
    return ByStage(lambda stage: KpaRule(concurrency))
