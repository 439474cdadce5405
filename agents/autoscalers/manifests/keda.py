"""A ScaledObject of KEDA as settings of the rule.

Source: kedacore/keda, `apis/keda/v1alpha1/scaledobject_types.go` (defaults, bounds, fallback),
`apis/keda/v1alpha1/scaletriggers_types.go`, `controllers/keda/hpa.go` (the HPA that it makes).
"""

from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from ipagym.agents.autoscalers.keda import MOST_REPLICAS, KedaSettings, Trigger
from ipagym.agents.autoscalers.manifests.control import (
    AskedMetric,
    Control,
    NamedMetric,
    all_names,
    ignored_fields,
    kept_metrics,
)
from ipagym.agents.autoscalers.manifests.form import Api, Loose, Replicas, formed
from ipagym.agents.autoscalers.manifests.hpa import behavior_of
from ipagym.agents.autoscalers.manifests.hpa_schema import BehaviorSpec
from ipagym.agents.autoscalers.manifests.keda_triggers import FALSE, TriggerSpec, metric_of
from ipagym.agents.autoscalers.manifests.objects import Object, annotations_of
from ipagym.system.errors import InputError

PAUSED = "autoscaling.keda.sh/paused"
PAUSED_REPLICAS = f"{PAUSED}-replicas"
ZERO = "a stage keeps one replica at least"

Seconds = Annotated[int, Field(ge=0, le=1_000_000)]


class ScaleTarget(Api):
    """The object that is scaled."""

    name: Annotated[str, Field(min_length=1, max_length=253)]
    kind: str | None = None
    apiVersion: str | None = None
    envSourceContainerName: str | None = None


class HpaConfig(Api):
    """The fields that are passed on to the HPA."""

    behavior: BehaviorSpec | None = None
    name: str | None = None


class Advanced(Api):
    """`advanced`."""

    horizontalPodAutoscalerConfig: HpaConfig | None = None
    restoreToOriginalReplicaCount: bool | None = None
    scalingModifiers: dict[str, Any] | None = None


class Fallback(Api):
    """Replicas while the metric is lost."""

    failureThreshold: Annotated[int, Field(ge=0, le=1_000_000)]
    replicas: Replicas
    behavior: Literal["static"] | None = None


class Spec(Api):
    """`spec`."""

    scaleTargetRef: ScaleTarget
    pollingInterval: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    initialCooldownPeriod: Seconds | None = None
    cooldownPeriod: Seconds | None = None
    idleReplicaCount: Replicas | None = None
    minReplicaCount: Replicas | None = None
    maxReplicaCount: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    advanced: Advanced | None = None
    triggers: Annotated[list[TriggerSpec], Field(min_length=1, max_length=100)]
    fallback: Fallback | None = None


class ScaledObject(Loose):
    """The manifest."""

    spec: Spec


def keda_control(found: Object, ignored: frozenset[str]) -> Control:
    """The autoscaler, without the triggers in `ignored` (types or names).

    Raises:
        InputError: a part of it cannot be simulated; one line names it.
    """
    spec = formed(found, ScaledObject).spec
    _check(found, spec)
    asked = [_asked(each, index) for index, each in enumerate(spec.triggers)]
    kept = kept_metrics(found, asked, ignored)
    least, most = max(spec.minReplicaCount or 1, 1), spec.maxReplicaCount or MOST_REPLICAS
    return Control(
        found=found,
        knob="replicas",
        settings=_settings(spec, _triggers(spec, asked, kept), least, most),
        target=spec.scaleTargetRef.name,
        target_path="spec.scaleTargetRef.name",
        least=("spec.minReplicaCount", least),
        most=None if spec.maxReplicaCount is None else ("spec.maxReplicaCount", most),
        metrics=kept,
        names=all_names(asked),
        notes=ignored_fields(found, _without_effect(spec)),
    )


def _asked(trigger: TriggerSpec, index: int) -> AskedMetric:
    names = (trigger.type,) if trigger.name is None else (trigger.type, trigger.name)
    return AskedMetric(names, f"spec.triggers.{index}", lambda: metric_of(trigger))


def _triggers(spec: Spec, asked: list[AskedMetric], kept: tuple[NamedMetric, ...]) -> tuple[Trigger, ...]:
    by_path = {each.path: each.metric for each in kept}
    given = zip(asked, spec.triggers, strict=True)
    return tuple(
        Trigger(by_path[each.path], bool(trigger.useCachedMetrics)) for each, trigger in given if each.path in by_path
    )


def _settings(spec: Spec, triggers: tuple[Trigger, ...], least: int, most: int) -> KedaSettings:
    config = None if spec.advanced is None else spec.advanced.horizontalPodAutoscalerConfig
    behavior, tolerance = behavior_of(None if config is None else config.behavior)
    fallback = spec.fallback
    settings = KedaSettings(
        triggers=triggers, min_replicas=least, max_replicas=most, behavior=behavior, tolerance=tolerance,
        polling_s=float(spec.pollingInterval or 30),
    )  # fmt: skip
    if fallback is None:
        return settings
    return replace(settings, failures=fallback.failureThreshold, fallback=fallback.replicas)


def _check(found: Object, spec: Spec) -> None:
    place = found.place
    _check_runs(found)
    least = max(spec.minReplicaCount, 1) if spec.minReplicaCount is not None else 0
    most = spec.maxReplicaCount or MOST_REPLICAS
    if least > most:
        raise InputError(f"{place}: spec.maxReplicaCount must be minReplicaCount ({least}) or more, not {most}")
    if spec.idleReplicaCount is not None and spec.idleReplicaCount >= least:
        raise InputError(f"{place}: spec.idleReplicaCount: must be below minReplicaCount ({least}): lower it")
    if spec.advanced is not None and any((spec.advanced.scalingModifiers or {}).values()):
        raise InputError(f"{place}: spec.advanced.scalingModifiers: formulas are not read: scale by the triggers")
    if spec.fallback is not None and all(each.is_resource for each in spec.triggers):
        raise InputError(f"{place}: spec.fallback: needs a trigger other than cpu and memory: add one, or remove it")


def _check_runs(found: Object) -> None:
    """An annotation with a number of replicas pauses at any number, including 0; the other annotations are switches."""
    for key, value in annotations_of(found).items():
        if key == PAUSED_REPLICAS or (key.startswith(PAUSED) and value not in FALSE):
            raise InputError(f"{found.place}: metadata.annotations.{key[:80]}: it is paused: remove the annotation")


def _without_effect(spec: Spec) -> list[tuple[str, str]]:
    cached = any(each.useCachedMetrics for each in spec.triggers)
    activation = any(key.startswith("activation") for each in spec.triggers for key in each.metadata)
    reasons = [
        (spec.minReplicaCount == 0, "minReplicaCount 0", ZERO),
        (spec.idleReplicaCount is not None, "idleReplicaCount", ZERO),
        (spec.cooldownPeriod is not None, "cooldownPeriod", "it is for going to zero"),
        (spec.initialCooldownPeriod is not None, "initialCooldownPeriod", "it is for going to zero"),
        (spec.pollingInterval is not None and not cached, "pollingInterval", "it is for zero and cached metrics"),
        (activation, "activation thresholds", "they are for coming from zero"),
        (spec.advanced is not None and spec.advanced.restoreToOriginalReplicaCount is not None,
         "restoreToOriginalReplicaCount", "nothing is deleted"),
    ]  # fmt: skip
    return [(field, reason) for is_there, field, reason in reasons if is_there]
