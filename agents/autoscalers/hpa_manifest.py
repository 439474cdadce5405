"""Real manifests: a file with one or more HorizontalPodAutoscalers becomes an agent, for a dry run of what one has."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric, Source, hpa_by_stage
from ipagym.agents.autoscalers.hpa_rule import (
    Behavior,
    Direction,
    Policy,
    Tolerance,
    default_down,
    default_up,
)
from ipagym.agents.autoscalers.manifest_schema import (
    CustomMetric,
    HorizontalPodAutoscaler,
    MetricSpec,
    ResourceMetric,
    ScalingRules,
    Spec,
)
from ipagym.agents.by_stage import ByStage
from ipagym.errors import InputError, unknown_name
from ipagym.pipeline import Pipeline
from ipagym.profiles.yaml_file import first_problem, read_yaml_documents

DEFAULT_METRIC = Metric(target=0.8)
"""What Kubernetes takes where `metrics` is left out."""

CUSTOM: dict[str, Source] = {
    "requests_per_second": "rps",
    "http_requests_per_second": "rps",
    "queue_length": "queue",
    "in_flight": "in_flight",
}
"""Custom metrics that a simulated stage has, by name."""


def hpa_of_manifest(path: Path, pipeline: Pipeline) -> ByStage:
    """The autoscalers of a manifest.

    Each belongs to the stage that its `scaleTargetRef` names; a single one whose target is no stage serves all stages.

    Raises:
        InputError: the file cannot be read, or holds something that cannot be simulated; one line says what.
    """
    try:
        found = {each.scaleTargetRef.name: _settings(each) for each in _specs(path)}
    except InputError as error:
        raise InputError(f"{path.name}: {str(error).removeprefix(path.name + ': ')}") from None
    stages = [stage.name for stage in pipeline.stages]
    if len(found) == 1 and not set(found) & set(stages):
        found = dict.fromkeys(stages, next(iter(found.values())))
    for name in found:
        if name not in stages:
            raise InputError(f"{path.name}: {unknown_name('stage', name, stages)}")
    return hpa_by_stage(found)


def _specs(path: Path) -> list[Spec]:
    documents = [item for each in read_yaml_documents(path, "HorizontalPodAutoscaler") for item in _items(each)]
    if not documents:
        raise InputError("holds no HorizontalPodAutoscaler")
    try:
        specs = [HorizontalPodAutoscaler.model_validate(each).spec for each in documents]
    except ValidationError as error:
        raise InputError(first_problem(error)) from None
    names = [each.scaleTargetRef.name for each in specs]
    if len(set(names)) < len(names):
        raise InputError(f"two autoscalers scale the same target: {names}")
    return specs


def _items(document: Any) -> Iterator[Any]:
    """What a `List` holds, as `kubectl get -o yaml` writes it, or the document itself."""
    if isinstance(document, dict) and document.get("kind") == "List" and isinstance(document.get("items"), list):
        yield from document["items"]
    else:
        yield document


def _settings(spec: Spec) -> HpaSettings:
    given = spec.behavior
    up, down = (None, None) if given is None else (given.scaleUp, given.scaleDown)
    return HpaSettings(
        metrics=tuple(map(_metric, spec.metrics)) if spec.metrics else (DEFAULT_METRIC,),
        min_replicas=1 if spec.minReplicas is None else spec.minReplicas,
        max_replicas=spec.maxReplicas,
        behavior=Behavior(up=_direction(up, default_up()), down=_direction(down, default_down())),
        tolerance=Tolerance(up=_tolerance(up), down=_tolerance(down)),
    )


def _direction(given: ScalingRules | None, default: Direction) -> Direction:
    if given is None:
        return default
    window_s, policies = given.stabilizationWindowSeconds, given.policies
    return Direction(
        window_s=default.window_s if window_s is None else window_s,
        policies=default.policies
        if not policies
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
    return 0.1 if given is None or given.tolerance is None else float(given.tolerance)


def _metric(spec: MetricSpec) -> Metric:
    field = spec.type[0].lower() + spec.type[1:]
    metric = getattr(spec, field)
    if metric is None:
        raise InputError(f"a metric of type {spec.type} lacks its field {field}")
    return _resource(metric) if isinstance(metric, ResourceMetric) else _custom(metric, spec.type)


def _resource(metric: ResourceMetric) -> Metric:
    if metric.name != "cpu":
        raise InputError(f"resource {metric.name} is not simulated: cpu is")
    if metric.target.type == "Utilization" and metric.target.averageUtilization is not None:
        return Metric(source="cpu", target=metric.target.averageUtilization / 100)
    if metric.target.type == "AverageValue" and metric.target.averageValue is not None:
        return Metric(source="cpu_cores", target=float(metric.target.averageValue))
    raise InputError("the target of cpu must be an averageUtilization or an averageValue")


def _custom(metric: CustomMetric, kind: str) -> Metric:
    name, target = metric.metric.name, metric.target
    if name not in CUSTOM:
        raise unknown_name("metric", name, CUSTOM)
    if target.type == "AverageValue" and target.averageValue is not None:
        target_value = float(target.averageValue)
        return Metric(source=CUSTOM[name], target=target_value, scope="pods" if kind == "Pods" else "all")
    if target.type == "Value" and target.value is not None and kind != "Pods":
        return Metric(source=CUSTOM[name], target=float(target.value), scope="all", whole=True)
    raise InputError(f"the target of {name} must be an averageValue{'' if kind == 'Pods' else ' or a value'}")
