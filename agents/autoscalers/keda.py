"""KEDA: an external metric that drives a horizontal autoscaler, one per stage.

Source: kedacore/keda, `pkg/scaling/scale_handler.go`, `pkg/fallback`, `controllers/keda/hpa.go`. The metric, requests
in flight (what a queue scaler reports), reaches an HPA without `behavior` as AverageValue: ⌈M / threshold⌉ replicas.
The HPA asks for it at its own pace, every 15 s, and gets it as it is then; KEDA's polling, every 30 s, is for going
from zero and to zero, and fills the cache of a trigger with `useCachedMetrics`. Where more than `failures` questions in
a row brought nothing, the HPA is told as much as `fallback` replicas have to do. Not here: scaling to zero, since a
stage has one replica at least; replicas that sleep are the cluster's (`Physics.keep_alive_s`).
"""

from dataclasses import dataclass

from ipagym.agents.autoscalers.hpa import HpaRule, HpaSettings
from ipagym.agents.autoscalers.hpa_rule import Tolerance, recommend_by_average
from ipagym.agents.common.arguments import positive
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.pace import Pace
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.task.scenario import Scenario

MOST_REPLICAS = 100
SYNC_S = 15.0


@dataclass(frozen=True, kw_only=True, slots=True)
class KedaSettings:
    """The fields of a ScaledObject.

    `threshold`: requests in flight for each replica (5, as KEDA's queue scalers have it). `fallback`: replicas after
    more than `failures` questions in a row that brought nothing; None to hold. `polling_s` is for cached metrics only.
    """

    threshold: float = 5.0
    polling_s: float = 30.0
    use_cached_metrics: bool = False
    failures: int = 3
    fallback: int | None = None


class KedaRule:
    """One stage: the metric, with its cache and its fallback, and the autoscaler that asks for it."""

    def __init__(self, settings: KedaSettings) -> None:
        self.settings = settings
        self._hpa = HpaRule(HpaSettings(max_replicas=MOST_REPLICAS, sync_s=SYNC_S))
        self._syncs, self._polls = Pace(SYNC_S), Pace(settings.polling_s)
        self._cached: float | None = None
        self._failed = 0

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        in_flight = view.in_flight if view.window.scraped else None
        if self._polls.is_due(view.now_s):
            self._cached = in_flight
        if not self._syncs.is_due(view.now_s):
            return view.setting
        told = self._told(self._cached if self.settings.use_cached_metrics else in_flight)
        if told is None:
            return self._hpa.sync(view, None)
        current = view.running.replicas
        return self._hpa.sync(view, recommend_by_average(told, self.settings.threshold, current, Tolerance()))

    def _told(self, in_flight: float | None) -> float | None:
        """The figure that the autoscaler is given: the metric, its stand-in, or nothing."""
        self._failed = 0 if in_flight is not None else self._failed + 1
        if self._failed > self.settings.failures and self.settings.fallback is not None:
            return self.settings.threshold * self.settings.fallback
        return in_flight


def keda(settings: KedaSettings | None = None) -> ByStage:
    """The same for every stage."""
    return ByStage(lambda stage: KedaRule(settings or KedaSettings()))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: requests in flight for each replica."""
    threshold = positive(argument, 5.0, name="keda", what="requests in flight for each replica")
    return keda(KedaSettings(threshold=threshold))
