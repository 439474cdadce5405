"""Kubernetes' Horizontal Pod Autoscaler, one per stage. It does not change variant, batch and cores.

The metrics of a serving stage: CPU utilisation is the share of time in which ready replicas work (a working replica
uses all its cores). `rps`, `queue` and `in_flight` are the figures that an adapter such as Prometheus' would report. A
replica that loads its model has none of these yet; the CPU of a replica that became ready in a window counts from the
next window. Memory is that of the variant in the profile, independent of the load, and counts from the start, also
during loading.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ipagym.agents.autoscalers.hpa_behavior import (
    DOWNSCALE_S,
    Behavior,
    Record,
    limit_rate,
    limit_without_behavior,
    stabilise,
    stabilise_without_behavior,
    with_change,
)
from ipagym.agents.autoscalers.hpa_rule import (
    NANO,
    Average,
    Pods,
    PodTarget,
    Tolerance,
    Utilisation,
    figure_milli,
    recommend,
    recommend_by_average,
    recommend_by_value,
    target_milli,
)
from ipagym.agents.common.by_stage import ByStage, StageView
from ipagym.agents.common.pace import Pace
from ipagym.model.configuration import StageSetting
from ipagym.system.errors import InputError

SMALLEST_TARGET = 0.01

Source = Literal["cpu", "cpu_cores", "memory", "memory_mib", "rps", "queue", "in_flight"]
"""CPU as a share of the request, or in cores; memory as a share of the request, or in MiB; requests per second; queued
requests; requests queued or in service.
"""

MIB = 2**20


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric and its target for each replica. `scope` says whether it is measured by pod or for all of them.

    `whole`: the target is a total for the stage, not for each replica (an external metric's `Value`).
    """

    source: Source = "cpu"
    target: float = 0.6
    scope: Literal["pods", "all"] = "pods"
    whole: bool = False

    def __post_init__(self) -> None:
        if self.source == "cpu" and not SMALLEST_TARGET <= self.target <= 1:
            raise InputError(
                f"target utilisation must be in {SMALLEST_TARGET}..1, not {self.target}: a replica uses no more CPU "
                "here than it requests"
            )
        if not NANO <= self.target < float("inf"):
            raise InputError(f"the target of {self.source} must be above 0 and finite, not {self.target}")


@dataclass(frozen=True, kw_only=True, slots=True)
class HpaSettings:
    """The fields of a HorizontalPodAutoscaler, with Kubernetes' defaults, except CPU at 60 % instead of 80 %.

    `behavior` None is an autoscaler without that field, as `kubectl autoscale` makes it: up to twice the replicas, or
    four, per sync, and down to the highest recommendation of the last 300 s. `max_replicas` None means that of the
    limits.
    """

    metrics: tuple[Metric, ...] = (Metric(),)
    min_replicas: int = 1
    max_replicas: int | None = None
    behavior: Behavior | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)
    sync_s: float = 15.0

    def __post_init__(self) -> None:
        if not self.metrics:
            raise InputError("a horizontal autoscaler needs a metric")
        if self.min_replicas < 1:
            raise InputError(
                f"minReplicas must be 1 or more, not {self.min_replicas}: a stage has one replica at least"
            )
        if self.max_replicas is not None and self.max_replicas < self.min_replicas:
            raise InputError(f"maxReplicas must be minReplicas ({self.min_replicas}) or more, not {self.max_replicas}")


class HpaRule:
    """The autoscaler of one stage: it acts every 15 s, and holds in between and if figures are missing."""

    def __init__(self, settings: HpaSettings) -> None:
        self.settings = settings
        self._pace = Pace(settings.sync_s)
        self._recommended: list[Record] = []
        self._ups: list[Record] = []
        self._downs: list[Record] = []
        self._ready_before = 0

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        fresh = self.fresh(view)
        if not self._pace.is_due(view.now_s):
            return view.setting
        return self.sync(view, self._desired(view, fresh) if view.window.scraped else None)

    def fresh(self, view: StageView) -> int:
        """Replicas that became ready in the window; asked once per window."""
        fresh = max(0, view.seen.ready - self._ready_before) if self._ready_before else 0
        self._ready_before = view.seen.ready
        return fresh

    def sync(self, view: StageView, desired: int | None) -> StageSetting:
        """One sync, with the replicas that the metrics request, or None without figures. Bounds come first: a number
        outside of them moves to the bound at once, whatever the metrics and policies say.
        """
        now_s, current = view.now_s, view.running.replicas
        if not self._recommended:
            # As in Kubernetes: the number found at the start counts as recommended, so that it is not cut at once.
            self._recommended.append((now_s, current))
        most = min(self.settings.max_replicas or view.limits.max_replicas, view.limits.max_replicas)
        replicas = min(max(current, self.settings.min_replicas), most)
        if replicas == current and desired is not None:
            normal = self._normalised(current, desired, now_s)
            replicas = min(max(normal, self.settings.min_replicas), most)
        self._remember(replicas - current, now_s)
        return view.setting.turned(replicas=replicas)

    def _desired(self, view: StageView, fresh: int) -> int | None:
        asked = [wanted(metric, view, fresh, self.settings.tolerance) for metric in self.settings.metrics]
        return strictest(asked, view.running.replicas)

    def _normalised(self, current: int, desired: int, now_s: float) -> int:
        behavior, history = self.settings.behavior, self._recommended
        if behavior is None:
            stable = stabilise_without_behavior(desired, history, now_s - DOWNSCALE_S)
            self._recommended = [r for r in history if r[0] >= now_s - DOWNSCALE_S] + [(now_s, desired)]
            return limit_without_behavior(current, stable)
        cutoffs = (now_s - behavior.up.window_s, now_s - behavior.down.window_s)
        stable = stabilise(current, desired, history, cutoffs)
        self._recommended = [r for r in history if r[0] > min(cutoffs)] + [(now_s, desired)]
        return limit_rate(current, stable, [*self._ups, *self._downs], behavior, now_s)

    def _remember(self, change: int, now_s: float) -> None:
        behavior = self.settings.behavior
        if behavior is not None and change > 0:
            self._ups = with_change(self._ups, (now_s, change), behavior.up.longest_s)
        elif behavior is not None and change < 0:
            self._downs = with_change(self._downs, (now_s, change), behavior.down.longest_s)


def strictest(asked: Sequence[int | None], current: int) -> int | None:
    """The highest number that a metric requests; None if no metric has figures, or if some have none and the others
    would scale down.
    """
    known = [replicas for replicas in asked if replicas is not None]
    if not known or (len(known) < len(asked) and max(known) < current):
        return None
    return max(known)


def wanted(metric: Metric, view: StageView, fresh: int, tolerance: Tolerance) -> int | None:
    """Replicas that one metric requests; `fresh` ones have become ready since the previous figures."""
    if metric.source in ("cpu", "cpu_cores"):
        return recommend(_cpu_pods(view, fresh), _cpu_target(metric, view.cores), tolerance)
    if metric.source in ("memory", "memory_mib"):
        return _wanted_by_memory(metric, view, tolerance)
    return wanted_by_figure(metric, figure(metric.source, view), view, tolerance)


def figure(source: Source, view: StageView) -> float:
    """A figure of the whole stage: requests per second, or requests."""
    return {"rps": view.rate_rps, "queue": float(view.seen.queue), "in_flight": view.in_flight}[source]


def wanted_by_figure(metric: Metric, total: float, view: StageView, tolerance: Tolerance) -> int | None:
    """Replicas that a metric requests if its figure for the whole stage is `total`."""
    current, seen = view.running.replicas, view.seen
    used_milli = figure_milli(total)
    pods = Pods(current=current, ready=seen.ready, used_milli=used_milli, unready=seen.pending, missing=seen.starting)
    if metric.whole:
        return recommend_by_value(total, metric.target, pods, tolerance)
    if metric.scope == "all":
        return recommend_by_average(total, metric.target, current, tolerance)
    return recommend(pods, Average(target_milli(metric.target)), tolerance)


def _cpu_pods(view: StageView, fresh: int) -> Pods:
    seen = view.seen
    ready = seen.ready - fresh
    used_milli = target_milli(seen.utilisation * view.cores * ready)
    unready = seen.starting + seen.pending + fresh
    return Pods(current=view.running.replicas, ready=ready, used_milli=used_milli, unready=unready)


def _wanted_by_memory(metric: Metric, view: StageView, tolerance: Tolerance) -> int | None:
    """As for CPU, but a pod counts from its start; None if the profile has no figure."""
    variant = view.stage.variant(view.running.variant)
    if variant.memory_mib is None or (metric.source == "memory" and variant.memory_request_mib is None):
        return None
    holding = view.seen.ready + view.seen.starting
    used_milli = holding * target_milli(variant.memory_mib * MIB)
    pods = Pods(current=view.running.replicas, ready=holding, used_milli=used_milli, unready=view.seen.pending)
    return recommend(pods, _memory_target(metric, variant.memory_request_mib), tolerance)


def _memory_target(metric: Metric, request_mib: float | None) -> PodTarget:
    if metric.source == "memory" and request_mib is not None:
        return Utilisation(percent=round(100 * metric.target, 6), request_milli=target_milli(request_mib * MIB))
    return Average(target_milli(metric.target * MIB))


def _cpu_target(metric: Metric, cores: int) -> PodTarget:
    if metric.source == "cpu":
        return Utilisation(percent=round(100 * metric.target, 6), request_milli=1000 * cores)
    return Average(target_milli(metric.target))


def hpa(settings: HpaSettings | None = None) -> ByStage:
    """The same autoscaler for every stage."""
    return ByStage(lambda stage: HpaRule(settings or HpaSettings()))
