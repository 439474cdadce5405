"""KEDA: an external metric that drives a horizontal autoscaler, one per stage.

Source: kedacore/keda-docs. The metric, requests in flight (what a queue scaler reports), is polled every 30 s and
handed to an HPA as AverageValue: ⌈M / threshold⌉ replicas. After three failed polls the stage gets `fallback` replicas.
Not here: scaling to zero, since a stage has one replica at least; replicas that sleep are the cluster's
(`Physics.keep_alive_s`).
"""

from dataclasses import dataclass, replace

from ipagym.agent import Agent
from ipagym.agents.arguments import positive
from ipagym.agents.autoscalers.hpa import HpaRule, HpaSettings, Metric
from ipagym.agents.by_stage import ByStage, StageView
from ipagym.agents.pace import Pace
from ipagym.configuration import StageSetting
from ipagym.scenario import Scenario

MOST_REPLICAS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class KedaSettings:
    """`threshold`: requests in flight for each replica (5, as KEDA's queue scalers have it). `fallback`: replicas after
    `failures` polls in a row that brought nothing; None to hold.
    """

    threshold: float = 5.0
    polling_s: float = 30.0
    failures: int = 3
    fallback: int | None = None


class KedaRule:
    """One stage: what was last polled decides, until the next poll."""

    def __init__(self, settings: KedaSettings) -> None:
        self.settings = settings
        metric = Metric(source="in_flight", target=settings.threshold, scope="all")
        self._hpa = HpaRule(HpaSettings(metrics=(metric,), max_replicas=MOST_REPLICAS))
        self._pace = Pace(settings.polling_s)
        self._polled: StageView | None = None
        self._failed = 0

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        if self._pace.is_due(view.now_s):
            self._failed = 0 if view.window.scraped else self._failed + 1
            if view.window.scraped:
                self._polled = view
        if self._failed >= self.settings.failures and self.settings.fallback is not None:
            return replace(view.setting, replicas=min(self.settings.fallback, view.limits.max_replicas))
        if self._polled is None:
            return view.setting
        known = replace(view, seen=self._polled.seen, window=replace(self._polled.window, end_s=view.now_s))
        return self._hpa.setting(known)


def keda(settings: KedaSettings | None = None) -> ByStage:
    """The same for every stage."""
    return ByStage(lambda stage: KedaRule(settings or KedaSettings()))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: requests in flight for each replica."""
    threshold = positive(argument, 5.0, name="keda", what="requests in flight for each replica")
    return keda(KedaSettings(threshold=threshold))
