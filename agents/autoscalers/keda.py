"""KEDA: external metrics that drive a horizontal autoscaler, one per stage.

Source: kedacore/keda, `pkg/scaling/scale_handler.go`, `pkg/fallback`, `controllers/keda/hpa.go`. A metric (by default
requests in flight, as queue scalers report them) reaches an HPA without `behavior` as AverageValue: ⌈M / threshold⌉
replicas. The HPA queries it every 15 s and gets its current value. KEDA's polling, every 30 s, serves scaling from and
to zero, and fills the cache of a trigger with `useCachedMetrics`. After more than `failures` failed queries in a row,
the HPA gets the figure that corresponds to `fallback` replicas; as since release 2.18, also if the target is of the
whole stage. Only queries of the HPA count: since release 2.19, KEDA also counts its own polls, and falls back sooner.
Scaling to zero is not simulated, since a stage has at least one replica; sleeping replicas are part of the cluster
(`Physics.keep_alive_s`).
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
"""Sources that the HPA queries from the metrics server, without KEDA."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A metric that scales; by default 5 requests in flight for each replica, as for KEDA's queue scalers."""

    metric: Metric = field(default_factory=lambda: Metric(source="in_flight", target=5.0, scope="all"))
    is_cached: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class KedaSettings:
    """The fields of a ScaledObject.

    `fallback`: replicas after more than `failures` failed queries in a row; None to hold. `polling_s` is for cached
    metrics only.
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
    """One stage: the metrics, with their caches and their fallback, and the autoscaler that queries them."""

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
        """Replicas that one trigger requests; None without figures."""
        trigger, tolerance = self.settings.triggers[index], self.settings.tolerance
        metric = trigger.metric
        if metric.source in RESOURCES:
            return wanted(metric, view, fresh, tolerance) if view.window.scraped else None
        seen = self._cached.get(index) if trigger.is_cached else _seen(trigger, view)
        told = self._told(index, seen, view.seen.ready)
        return None if told is None else wanted_by_figure(metric, told, view, tolerance)

    def _told(self, index: int, seen: float | None, ready: int) -> float | None:
        """The figure that the autoscaler gets: the metric, its fallback, or None. The autoscaler multiplies a figure of
        the whole stage by the ready replicas; it gets no figure if no replica is ready.
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
