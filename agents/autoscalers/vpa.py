"""Kubernetes' Vertical Pod Autoscaler, one per stage. It changes the cores of replicas, not variant, replicas and
batch. The cluster decides whether cores change in place or by new replicas (`Physics.resize_s`), for all controllers
alike; so the modes InPlaceOrRecreate and Recreate are two clusters and not two controllers. A new replica is ready
before the old one stops, whereas the updater would evict within the disruption budget. Memory is not simulated. With
the real time constants (a half-life of 24 hours, no eviction within 12), it acts only on its bounds in an episode of
minutes: `time_scale` divides them.
"""

from dataclasses import dataclass
from typing import Literal

from ipagym.agents.autoscalers.vpa_histogram import HALF_LIFE_S, DecayingHistogram
from ipagym.agents.autoscalers.vpa_rule import Recommendation, capped, confidence, is_worth_it, recommendation
from ipagym.agents.common.arguments import positive
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.pace import Pace
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

PERIOD_S = 60.0
OLD_S = 12 * 3600.0
STEP_S = 30.0
PATIENCE = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class VpaSettings:
    """Settings of the updates. `update` says how the recommendation is applied: `updater` as in Kubernetes; `off`
    never; `plus` as in InfAdapter's VPA+ (every 30 s, up at once, down after four decisions in a row). `min_replicas`:
    the updater ignores smaller groups (Kubernetes has 2, which would exclude stages with one replica). `least_cores`
    and `most_cores` bound the recommendation (minAllowed and maxAllowed).
    """

    update: Literal["updater", "off", "plus"] = "updater"
    time_scale: float = 1.0
    min_replicas: int = 1
    least_cores: float = 0.0
    most_cores: float = float("inf")

    def __post_init__(self) -> None:
        if not 1 <= self.time_scale <= 1e5:
            raise InputError(f"time_scale of vpa must be in 1..100000, not {self.time_scale}")
        if not 0 <= self.least_cores <= self.most_cores:
            raise InputError(f"least_cores must be in 0..most_cores ({self.most_cores:g}), not {self.least_cores:g}")


class Recommender:
    """Keeps the histogram of one stage: a sample per minute, of the mean usage of a replica in cores."""

    def __init__(self, time_scale: float) -> None:
        self.time_scale = time_scale
        self.usage = DecayingHistogram(HALF_LIFE_S / time_scale)
        self._pace = Pace(PERIOD_S / time_scale)
        self._used_s = self._seconds = 0.0
        self._samples = 0
        self._began_s = self._last_s = 0.0

    def observe(self, view: StageView) -> None:
        """Add a window; lost figures give no sample."""
        if not view.window.scraped:
            return
        self._used_s += view.seen.utilisation * view.cores * view.window.duration_s
        self._seconds += view.window.duration_s
        if self._pace.is_due(view.now_s):
            if not self._samples:
                self._began_s = view.now_s
            self.usage.add(self._used_s / self._seconds, view.now_s)
            self._samples, self._last_s = self._samples + 1, view.now_s
            self._used_s = self._seconds = 0.0

    def recommend(self) -> Recommendation:
        """Target and bounds; their confidence depends on the time from the first sample to the last."""
        return recommendation(self.usage, confidence(self._last_s - self._began_s, self._samples, self.time_scale))


class VpaRule:
    """The recommender and the updater of one stage."""

    def __init__(self, settings: VpaSettings) -> None:
        self.settings = settings
        self.recommender = Recommender(settings.time_scale)
        self._updates = Pace(STEP_S if settings.update == "plus" else PERIOD_S / settings.time_scale)
        self._changed_s = 0.0
        self._lower_in_a_row = 0
        self.wanted: Recommendation | None = None

    def setting(self, view: StageView) -> StageSetting:
        """The cores wanted, from those that the profile knows."""
        self.recommender.observe(view)
        if not self._updates.is_due(view.now_s) or self.recommender.usage.is_empty:
            return view.setting
        self.wanted = capped(self.recommender.recommend(), self.settings.least_cores, self.settings.most_cores)
        cores = self._cores(view, self.wanted)
        if cores == view.cores:
            return view.setting
        self._changed_s = view.now_s
        return view.setting.turned(cores=cores)

    def _cores(self, view: StageView, wanted: Recommendation) -> int:
        choices = view.stage.variant(view.running.variant).core_choices
        target = next((cores for cores in choices if cores >= wanted.target), choices[-1])
        if self.settings.update == "plus":
            self._lower_in_a_row = self._lower_in_a_row + 1 if target < view.cores else 0
            return target if target > view.cores or self._lower_in_a_row >= PATIENCE else view.cores
        is_old = view.now_s - self._changed_s >= OLD_S / self.settings.time_scale
        may_act = self.settings.update != "off" and view.running.replicas >= self.settings.min_replicas
        return target if may_act and is_worth_it(view.cores, wanted, is_old=is_old) else view.cores


def vpa(settings: VpaSettings | None = None) -> ByStage:
    """The same autoscaler for every stage."""
    return ByStage(lambda stage: VpaRule(settings or VpaSettings()))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the divisor of the time constants."""
    return vpa(VpaSettings(time_scale=positive(argument, 1.0, name="vpa", what="time_scale")))


def make_plus(scenario: Scenario, argument: str = "") -> Agent:
    """InfAdapter's VPA+."""
    return vpa(VpaSettings(update="plus"))
