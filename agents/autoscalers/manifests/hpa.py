"""A HorizontalPodAutoscaler as settings of the rule."""

from collections.abc import Sequence
from functools import partial

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric, Source
from ipagym.agents.autoscalers.hpa_behavior import Behavior, Direction, Policy, default_down, default_up
from ipagym.agents.autoscalers.hpa_rule import DEFAULT_TOLERANCE, Tolerance
from ipagym.agents.autoscalers.manifests.control import AskedMetric, Control, all_names, kept_metrics
from ipagym.agents.autoscalers.manifests.hpa_schema import (
    BehaviorSpec,
    MetricSpec,
    PodsMetric,
    ResourceMetric,
    ScalingRules,
    Spec,
    Target,
)
from ipagym.agents.autoscalers.manifests.hpa_versions import METRICS, current_spec
from ipagym.agents.autoscalers.manifests.objects import Object
from ipagym.system.errors import InputError, unknown_name

DEFAULT_METRIC = Metric(target=0.8)
"""Kubernetes' default metric."""

MIB = 2.0**20

CUSTOM: dict[str, Source] = {
    "requests_per_second": "rps",
    "http_requests_per_second": "rps",
    "queue_length": "queue",
    "in_flight": "in_flight",
}
"""Custom metrics that a simulated stage has, by name."""


def hpa_control(found: Object, ignored: frozenset[str]) -> Control:
    """The autoscaler, of any API version, without the `ignored` metrics.

    Raises:
        InputError: a part of it cannot be simulated; one line names it.
    """
    spec = current_spec(found)
    asked = [_asked(found, each, index) for index, each in enumerate(spec.metrics or ())]
    asked = asked or [AskedMetric(("cpu",), "spec.metrics", lambda: DEFAULT_METRIC)]
    kept = kept_metrics(found, asked, ignored)
    return Control(
        found=found,
        knob="replicas",
        settings=_settings(found, spec, [each.metric for each in kept]),
        target=spec.scaleTargetRef.name,
        target_path="spec.scaleTargetRef.name",
        least=("spec.minReplicas", 1 if spec.minReplicas is None else spec.minReplicas),
        most=("spec.maxReplicas", spec.maxReplicas),
        metrics=kept,
        names=all_names(asked),
    )


def behavior_of(given: BehaviorSpec | None) -> tuple[Behavior | None, Tolerance]:
    """The behaviour with its defaults, and the tolerances; None if no behaviour is given."""
    up, down = (None, None) if given is None else (given.scaleUp, given.scaleDown)
    behavior = Behavior(up=_direction(up, default_up()), down=_direction(down, default_down()))
    return None if given is None else behavior, Tolerance(up=_tolerance(up), down=_tolerance(down))


def resource(name: str, target: Target) -> Metric:
    """CPU or memory with its target.

    Raises:
        InputError: the resource is not simulated, or its target cannot be reached.
    """
    if name not in ("cpu", "memory"):
        raise InputError(f"name: {name[:60]} is not simulated: scale by cpu or memory, or --ignore-metric {name[:60]}")
    if target.averageValue is not None:
        cores = name == "cpu"
        value = float(target.averageValue)
        return Metric(source="cpu_cores" if cores else "memory_mib", target=value if cores else value / MIB)
    if target.averageUtilization is None:
        raise InputError(f"target.type: {name} has a Utilization or an AverageValue, no Value")
    if name == "cpu" and target.averageUtilization > 100:
        raise InputError(
            f"target.averageUtilization: {target.averageUtilization} is never reached, as a simulated replica uses "
            "at most the cores that it requests: give 1..100"
        )
    return Metric(source="cpu" if name == "cpu" else "memory", target=target.averageUtilization / 100)


def _settings(found: Object, spec: Spec, metrics: Sequence[Metric]) -> HpaSettings:
    behavior, tolerance = behavior_of(spec.behavior)
    try:
        return HpaSettings(
            metrics=tuple(metrics),
            min_replicas=1 if spec.minReplicas is None else spec.minReplicas,
            max_replicas=spec.maxReplicas,
            behavior=behavior,
            tolerance=tolerance,
        )
    except InputError as error:
        raise InputError(f"{found.place}: spec.{error}") from None


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


def _asked(found: Object, spec: MetricSpec, index: int) -> AskedMetric:
    metric = getattr(spec, spec.field)
    path = _path(found, spec, index)
    if isinstance(metric, ResourceMetric):
        return AskedMetric((metric.name,), path, partial(resource, metric.name, metric.target))
    return AskedMetric((metric.metric.name,), path, partial(_custom, metric, spec.type))


def _path(found: Object, spec: MetricSpec, index: int) -> str:
    """The place of the metric; in v1 most metrics are in an annotation, and the percentage comes last."""
    if found.version != "autoscaling/v1":
        return f"spec.metrics.{index}.{spec.field}"
    cpu = spec.resource
    is_percentage = cpu is not None and cpu.name == "cpu" and cpu.target.type == "Utilization"
    return "spec.targetCPUUtilizationPercentage" if is_percentage else f"metadata.annotations.{METRICS}.{index}"


def _custom(metric: PodsMetric, kind: str) -> Metric:
    name, target = metric.metric.name, metric.target
    if name not in CUSTOM:
        raise InputError(f"metric.name: {unknown_name('metric', name[:60], CUSTOM)}, or --ignore-metric {name[:60]}")
    if target.averageValue is not None:
        target_value = float(target.averageValue)
        return Metric(source=CUSTOM[name], target=target_value, scope="pods" if kind == "Pods" else "all")
    if target.value is not None and kind != "Pods":
        return Metric(source=CUSTOM[name], target=float(target.value), scope="all", whole=True)
    raise InputError(f"target.type: {name} has an AverageValue{' here' if kind == 'Pods' else ' or a Value'}")
