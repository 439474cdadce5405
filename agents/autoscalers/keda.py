"""KEDA: external metrics that drive a horizontal autoscaler, one per stage.

Source: kedacore/keda, `pkg/scaling/scale_handler.go`, `pkg/fallback`, `controllers/keda/hpa.go`. A metric, unless said
otherwise requests in flight (what a queue scaler reports), reaches an HPA without `behavior` as AverageValue:
⌈M / threshold⌉ replicas. The HPA asks for it at its own pace, every 15 s, and gets it as it is then; KEDA's polling,
every 30 s, is for going from zero and to zero, and fills the cache of a trigger with `useCachedMetrics`. Where more
than `failures` questions in a row brought nothing, the HPA is told as much as `fallback` replicas have to do; as since
release 2.18, also where the target is of the whole stage. Questions are the HPA's: since release 2.19 KEDA counts its
own polls as well, and falls back sooner. Not here: scaling to zero, since a stage has one replica at least; replicas
that sleep are the cluster's (`Physics.keep_alive_s`).
"""

from dataclasses import dataclass, field

from ipagym.agents.autoscalers.hpa import HpaRule, HpaSettings, Metric, figure, strictest, wanted, wanted_by_figure
from ipagym.agents.autoscalers.hpa_behavior import Behavior
from ipagym.agents.autoscalers.hpa_rule import Tolerance
from ipagym.agents.common.arguments import positive
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.pace import Pace
from ipagym.model.agent import Agent
from ipagym.model.configuration import StageSetting
from ipagym.task.scenario import Scenario

MOST_REPLICAS = 100
SYNC_S = 15.0
RESOURCES = ("cpu", "cpu_cores", "memory", "memory_mib")
"""Sources of metrics that the HPA asks the metrics server for; KEDA has no part in these."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A metric that scales: 5 requests in flight for each replica, as KEDA's queue scalers have it, unless said."""

    metric: Metric = field(default_factory=lambda: Metric(source="in_flight", target=5.0, scope="all"))
    is_cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class KedaSettings:
    """The fields of a ScaledObject.

    `fallback`: replicas after more than `failures` questions in a row that brought nothing; None to hold. `polling_s`
    is for cached metrics only.
    """

    triggers: tuple[Trigger, ...] = (Trigger(),)
    min_replicas: int = 1
    max_replicas: int = MOST_REPLICAS
    behavior: Behavior | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)
    polling_s: float = 30.0
    failures: int = 3
    fallback: int | None = None


class KedaRule:
    """One stage: the metrics, with their caches and their fallback, and the autoscaler that asks for them."""

    def __init__(self, settings: KedaSettings) -> None:
        self.settings = settings
        self._hpa = HpaRule(
            HpaSettings(
                metrics=tuple(trigger.metric for trigger in settings.triggers),
                min_replicas=settings.min_replicas,
                max_replicas=settings.max_replicas,
                behavior=settings.behavior,
                tolerance=settings.tolerance,
                sync_s=SYNC_S,
            )
        )
        self._syncs, self._polls = Pace(SYNC_S), Pace(settings.polling_s)
        self._cached: dict[int, float | None] = {}
        self._failed = dict.fromkeys(range(len(settings.triggers)), 0)

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        fresh = self._hpa.fresh(view)
        if self._polls.is_due(view.now_s):
            self._cached = {index: _seen(each, view) for index, each in self._external() if each.is_cached}
        if not self._syncs.is_due(view.now_s):
            return view.setting
        asked = [self._asked(index, view, fresh) for index in range(len(self.settings.triggers))]
        return self._hpa.sync(view, strictest(asked, view.running.replicas))

    def _external(self) -> list[tuple[int, Trigger]]:
        triggers = enumerate(self.settings.triggers)
        return [(index, each) for index, each in triggers if each.metric.source not in RESOURCES]

    def _asked(self, index: int, view: StageView, fresh: int) -> int | None:
        """Replicas that one trigger asks for; None where nothing is known."""
        trigger, tolerance = self.settings.triggers[index], self.settings.tolerance
        metric = trigger.metric
        if metric.source in RESOURCES:
            return wanted(metric, view, fresh, tolerance) if view.window.scraped else None
        seen = self._cached.get(index) if trigger.is_cached else _seen(trigger, view)
        told = self._told(index, seen, view.seen.ready)
        return None if told is None else wanted_by_figure(metric, told, view, tolerance)

    def _told(self, index: int, seen: float | None, ready: int) -> float | None:
        """The figure that the autoscaler is given: the metric, its stand-in, or nothing.

        The autoscaler multiplies a figure of the whole stage by the replicas that are ready; it is told nothing where
        none is.
        """
        metric, fallback = self.settings.triggers[index].metric, self.settings.fallback
        self._failed[index] = 0 if seen is not None else self._failed[index] + 1
        if self._failed[index] <= self.settings.failures or fallback is None:
            return seen
        if not metric.whole:
            return metric.target * fallback
        return metric.target * fallback / ready if ready else None


def _seen(trigger: Trigger, view: StageView) -> float | None:
    return figure(trigger.metric.source, view) if view.window.scraped else None


def keda(settings: KedaSettings | None = None) -> ByStage:
    """The same for every stage."""
    return ByStage(lambda stage: KedaRule(settings or KedaSettings()))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: requests in flight for each replica."""
    threshold = positive(argument, 5.0, name="keda", what="requests in flight for each replica")
    return keda(KedaSettings(triggers=(Trigger(Metric(source="in_flight", target=threshold, scope="all")),)))
