"""Kubernetes' Horizontal Pod Autoscaler, one per stage; variant, batch and cores stay as it finds them.

What the metrics are in a serving stage: CPU utilisation is the share of time that ready replicas work (a replica that
works uses all its cores); `rps`, `queue` and `in_flight` are what an adapter such as Prometheus' would report.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from ipagym.agent import Agent
from ipagym.agents.autoscalers.hpa_rule import (
    Behavior,
    Pods,
    Record,
    Tolerance,
    limit_rate,
    limit_without_behavior,
    recommend,
    recommend_external,
    stabilise,
)
from ipagym.agents.by_stage import ByStage, StageView
from ipagym.agents.pace import Pace
from ipagym.configuration import StageSetting
from ipagym.errors import InputError
from ipagym.pipeline import Stage
from ipagym.scenario import Scenario

SMALLEST_TARGET = 0.01

Source = Literal["cpu", "cpu_cores", "rps", "queue", "in_flight"]
"""CPU in shares of the request, or in cores; requests per second; requests queued; those and the ones in service."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric and what each replica is to have of it. `scope` says whose it is: measured by pod, or for all of them.

    `whole` is for a target that all replicas are to have together (an external metric's `Value`).
    """

    source: Source = "cpu"
    target: float = 0.6
    scope: Literal["pods", "all"] = "pods"
    whole: bool = False

    def __post_init__(self) -> None:
        if self.source == "cpu" and not SMALLEST_TARGET <= self.target <= 1:
            raise InputError(f"target utilisation must be in {SMALLEST_TARGET}..1, not {self.target}")
        if not 0 < self.target < float("inf"):
            raise InputError(f"the target of {self.source} must be above 0 and finite, not {self.target}")


@dataclass(frozen=True, kw_only=True, slots=True)
class HpaSettings:
    """What a HorizontalPodAutoscaler says, with the defaults of Kubernetes (CPU at 60 % apart, which has no default).

    `behavior` None is an autoscaler without that field: at most doubling, or four, per sync. `max_replicas` None stands
    for the limits' own. `cpu_initialization_s`: replicas that became ready since the last figures are not counted in a
    rise, as their CPU says nothing yet.
    """

    metrics: tuple[Metric, ...] = (Metric(),)
    min_replicas: int = 1
    max_replicas: int | None = None
    behavior: Behavior | None = field(default_factory=Behavior)
    tolerance: Tolerance = field(default_factory=Tolerance)
    sync_s: float = 15.0

    def __post_init__(self) -> None:
        if not self.metrics:
            raise InputError("a horizontal autoscaler needs a metric")
        if self.min_replicas < 1 or (self.max_replicas or self.min_replicas) < self.min_replicas:
            raise InputError(
                f"replicas must satisfy 1 <= min <= max, not {self.min_replicas} and {self.max_replicas}: "
                "a stage has one replica at least"
            )


class HpaRule:
    """The autoscaler of one stage: it acts every 15 s, and holds in between and where figures are missing."""

    def __init__(self, settings: HpaSettings) -> None:
        self.settings = settings
        self._pace = Pace(settings.sync_s)
        self._recommended: list[Record] = []
        self._changed: list[Record] = []
        self._ready_before = 0

    def setting(self, view: StageView) -> StageSetting:
        """The replicas wanted."""
        fresh = max(0, view.seen.ready - self._ready_before) if self._ready_before else 0
        self._ready_before = view.seen.ready
        if not self._pace.is_due(view.now_s) or not view.window.scraped:
            return view.setting
        return replace(view.setting, replicas=self._replicas(view, fresh))

    def _replicas(self, view: StageView, fresh: int) -> int:
        settings, now_s, current = self.settings, view.now_s, view.setting.replicas
        if not self._recommended:
            # As in Kubernetes: the number found at the start counts as recommended, so that it is not cut at once.
            self._recommended.append((now_s, current))
        desired = max(wanted(metric, view, fresh, settings.tolerance) for metric in settings.metrics)
        behavior = settings.behavior or Behavior()
        cutoffs = (now_s - behavior.up.window_s, now_s - behavior.down.window_s)
        stable = stabilise(current, desired, self._recommended, cutoffs)
        self._recommended = [r for r in self._recommended if r[0] > min(cutoffs)] + [(now_s, desired)]
        if settings.behavior is None:
            limited = limit_without_behavior(current, stable)
        else:
            limited = limit_rate(current, stable, self._changed, behavior, now_s)
        most = min(settings.max_replicas or view.limits.max_replicas, view.limits.max_replicas)
        replicas = min(max(limited, settings.min_replicas), most)
        self._changed.append((now_s, replicas - current))
        return replicas


def wanted(metric: Metric, view: StageView, fresh: int, tolerance: Tolerance) -> int:
    """Replicas that one metric asks for; `fresh` ones have become ready since the figures before."""
    current, ready = view.setting.replicas, view.seen.ready
    starting = view.seen.starting + view.seen.pending
    if metric.source in ("cpu", "cpu_cores"):
        per_pod = 1.0 if metric.source == "cpu" else float(view.cores)
        pods = Pods(current=current, ready=ready - fresh, usage=view.seen.utilisation, ignored=starting + fresh)
        return recommend(pods, metric.target / per_pod, tolerance)
    total = {"rps": view.rate_rps, "queue": float(view.seen.queue), "in_flight": view.in_flight}[metric.source]
    if metric.whole:
        return recommend(Pods(current=current, ready=current, usage=total), metric.target, tolerance)
    if metric.scope == "all":
        return recommend_external(total, metric.target, current, tolerance)
    usage = total / ready / metric.target if ready else 0.0
    return recommend(Pods(current=current, ready=ready, usage=usage, ignored=starting), 1.0, tolerance)


def hpa(settings: HpaSettings | None = None) -> ByStage:
    """The same autoscaler for every stage."""
    return ByStage(lambda stage: HpaRule(settings or HpaSettings()))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the target utilisation, or the path of a manifest."""
    if argument.endswith((".yaml", ".yml", ".json")):
        from ipagym.agents.autoscalers.hpa_manifest import hpa_of_manifest

        return hpa_of_manifest(Path(argument), scenario.pipeline)
    try:
        target = float(argument or "0.6")
    except ValueError:
        raise InputError(
            f"target utilisation of hpa must be a number, as in hpa:0.6, or a manifest, as in hpa:hpa.yaml, "
            f"not {argument!r}"
        ) from None
    return hpa(HpaSettings(metrics=(Metric(target=target),)))


class Unscaled:
    """A stage without an autoscaler."""

    def setting(self, view: StageView) -> StageSetting:
        """What runs."""
        return view.setting


def hpa_by_stage(settings: dict[str, HpaSettings]) -> ByStage:
    """An autoscaler for each stage named; the others are left alone."""
    return ByStage(lambda stage: _rule(stage, settings))


def _rule(stage: Stage, settings: dict[str, HpaSettings]) -> HpaRule | Unscaled:
    return HpaRule(settings[stage.name]) if stage.name in settings else Unscaled()
