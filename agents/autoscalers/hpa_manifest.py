"""Real manifests: what the HorizontalPodAutoscalers of a file say, by what they scale."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric, Source
from ipagym.agents.autoscalers.hpa_behavior import Behavior, Direction, Policy, default_down, default_up
from ipagym.agents.autoscalers.hpa_rule import DEFAULT_TOLERANCE, Tolerance
from ipagym.agents.autoscalers.manifest_schema import (
    HorizontalPodAutoscaler,
    MetricSpec,
    PodsMetric,
    ResourceMetric,
    ScalingRules,
    Spec,
)
from ipagym.profiles.yaml_file import first_problem, read_yaml_documents
from ipagym.system.errors import InputError, unknown_name

GROUP = "autoscaling/"
KIND = "HorizontalPodAutoscaler"
VERSION = "autoscaling/v2"

DEFAULT_METRIC = Metric(target=0.8)
"""The metric that Kubernetes takes where `metrics` is left out."""

CUSTOM: dict[str, Source] = {
    "requests_per_second": "rps",
    "http_requests_per_second": "rps",
    "queue_length": "queue",
    "in_flight": "in_flight",
}
"""Custom metrics that a simulated stage has, by name."""


def settings_by_target(path: Path) -> dict[str, HpaSettings]:
    """The autoscalers of a manifest, by the name in their `scaleTargetRef`; other objects in the file are left alone.

    Raises:
        InputError: the file cannot be read, or holds something that cannot be simulated; one line says what.
    """
    try:
        return {each.scaleTargetRef.name: _settings(each) for each in _specs(path)}
    except InputError as error:
        raise InputError(f"{path.name}: {str(error).removeprefix(path.name + ': ')}") from None


def _specs(path: Path) -> list[Spec]:
    documents = [item for each in read_yaml_documents(path, KIND) for item in _items(each)]
    autoscalers = [each for each in documents if not _is_something_else(each)]
    if not autoscalers:
        kinds = sorted({str(each["kind"])[:60] for each in documents})
        others = (
            f" but {', '.join(kinds)}: give the one in force, as kubectl get hpa -o yaml prints it" if kinds else ""
        )
        raise InputError(f"holds no {KIND}{others}")
    try:
        specs = [HorizontalPodAutoscaler.model_validate(_current(each)).spec for each in autoscalers]
    except ValidationError as error:
        raise InputError(first_problem(error)) from None
    names = [each.scaleTargetRef.name for each in specs]
    if len(set(names)) < len(names):
        raise InputError(f"two autoscalers scale the same target: {names}")
    return specs


def _items(document: Any) -> Iterator[Any]:
    """The items of a `List`, as `kubectl get -o yaml` writes it, or the document itself."""
    if isinstance(document, dict) and document.get("kind") == "List" and isinstance(document.get("items"), list):
        yield from document["items"]
    else:
        yield document


def _is_something_else(document: Any) -> bool:
    """True for a sound object of another kind and another group of the API."""
    if not isinstance(document, dict):
        return False
    version, kind = document.get("apiVersion"), document.get("kind")
    return isinstance(version, str) and isinstance(kind, str) and kind != KIND and not version.startswith(GROUP)


def _current(document: Any) -> Any:
    """A document, unless it is of an older version of the API.

    Raises:
        InputError: it is.
    """
    version = document.get("apiVersion") if isinstance(document, dict) else None
    if isinstance(version, str) and version.startswith(GROUP) and version != VERSION:
        raise InputError(
            f"apiVersion: {version!r} is not read: give it as {VERSION}, as kubectl get hpa -o yaml prints it"
        )
    return document


def _settings(spec: Spec) -> HpaSettings:
    given = spec.behavior
    up, down = (None, None) if given is None else (given.scaleUp, given.scaleDown)
    behavior = Behavior(up=_direction(up, default_up()), down=_direction(down, default_down()))
    return HpaSettings(
        metrics=tuple(_metric(each, index) for index, each in enumerate(spec.metrics or ())) or (DEFAULT_METRIC,),
        min_replicas=1 if spec.minReplicas is None else spec.minReplicas,
        max_replicas=spec.maxReplicas,
        behavior=None if given is None else behavior,
        tolerance=Tolerance(up=_tolerance(up), down=_tolerance(down)),
    )


def _direction(given: ScalingRules | None, default: Direction) -> Direction:
    if given is None:
        return default
    window_s, policies = given.stabilizationWindowSeconds, given.policies
    return Direction(
        window_s=default.window_s if window_s is None else window_s,
        policies=default.policies
        if policies is None
        else tuple(
            Policy(
                period_s=each.periodSeconds,
                pods=each.value if each.type == "Pods" else None,
                percent=each.value if each.type == "Percent" else None,
            )
            for each in policies
        ),
        select=given.selectPolicy or "Max",
    )


def _tolerance(given: ScalingRules | None) -> float:
    return DEFAULT_TOLERANCE if given is None or given.tolerance is None else float(given.tolerance)


def _metric(spec: MetricSpec, index: int) -> Metric:
    metric = getattr(spec, spec.field)
    try:
        return _resource(metric) if isinstance(metric, ResourceMetric) else _custom(metric, spec.type)
    except InputError as error:
        raise InputError(f"spec.metrics.{index}.{spec.field}.{error}") from None


def _resource(metric: ResourceMetric) -> Metric:
    target = metric.target
    if metric.name != "cpu":
        raise InputError(f"name: {metric.name[:60]} is not simulated: leave the metric out, or scale by cpu")
    if target.averageValue is not None:
        return Metric(source="cpu_cores", target=float(target.averageValue))
    if target.averageUtilization is None:
        raise InputError("target.type: cpu has a Utilization or an AverageValue, no Value")
    if target.averageUtilization > 100:
        raise InputError(
            f"target.averageUtilization: {target.averageUtilization} is never reached, as a simulated replica uses "
            "at most the cores that it requests: give 1..100"
        )
    return Metric(source="cpu", target=target.averageUtilization / 100)


def _custom(metric: PodsMetric, kind: str) -> Metric:
    name, target = metric.metric.name, metric.target
    if name not in CUSTOM:
        raise InputError(f"metric.name: {unknown_name('metric', name, CUSTOM)}")
    if target.averageValue is not None:
        target_value = float(target.averageValue)
        return Metric(source=CUSTOM[name], target=target_value, scope="pods" if kind == "Pods" else "all")
    if target.value is not None and kind != "Pods":
        return Metric(source=CUSTOM[name], target=float(target.value), scope="all", whole=True)
    raise InputError(f"target.type: {name} has an AverageValue{' here' if kind == 'Pods' else ' or a Value'}")
