"""HorizontalPodAutoscalers of the older versions of the API, converted to `autoscaling/v2` as Kubernetes does it.

Source: kubernetes/kubernetes, `pkg/apis/autoscaling/{v1,v2beta1,v2beta2}/conversion.go` and `defaults.go`, and
`pkg/apis/autoscaling/annotations.go` (`autoscaling.alpha.kubernetes.io/…`: what a version has no field for).

- v1: the metrics of the annotation `metrics`, in the form of v2beta1, then `targetCPUUtilizationPercentage`; 80 % of
  CPU where both lack. Its annotation `behavior` and that of v2beta1 are `behavior`.
- v2beta1: of an object, `averageValue` comes before `targetValue`; elsewhere one figure is given.
- v2beta2: as v2, with tolerances in annotations.
"""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from ipagym.agents.autoscalers.manifests.form import Api, Count, Loose, Replicas, TargetRef, formed
from ipagym.agents.autoscalers.manifests.hpa_schema import BehaviorSpec, HorizontalPodAutoscaler, Spec, TypedMetric
from ipagym.agents.autoscalers.manifests.objects import Object, annotations_of
from ipagym.agents.autoscalers.manifests.quantity import TargetQuantity
from ipagym.profiles.yaml_file import first_problem
from ipagym.system.errors import InputError, unknown_name

PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS, BEHAVIOR = f"{PREFIX}metrics", f"{PREFIX}behavior"
TOLERANCES = {"scaleUp": f"{PREFIX}scale-up-tolerance", "scaleDown": f"{PREFIX}scale-down-tolerance"}

Percent = Annotated[int, Field(ge=1, le=10_000)]
Selector = dict[str, Any]
Fields = dict[str, Any]


One = TypeVar("One", bound=Api)


def _one_of(part: One, *fields: str) -> One:
    given = [field for field in fields if getattr(part, field) is not None]
    if len(given) != 1:
        raise ValueError(f"give one of {' and '.join(fields)}, not {'both' if given else 'neither'}")
    return part


class OldResource(Api):
    """CPU or memory in v2beta1."""

    name: str
    targetAverageUtilization: Percent | None = None
    targetAverageValue: TargetQuantity | None = None

    @model_validator(mode="after")
    def _has_one_target(self) -> Self:
        return _one_of(self, "targetAverageUtilization", "targetAverageValue")

    def current(self) -> Fields:
        """The same in v2."""
        return {"name": self.name, "target": _utilisation(self.targetAverageUtilization, self.targetAverageValue)}


class OldContainerResource(OldResource):
    """The same of a container."""

    container: str

    def current(self) -> Fields:
        """The same in v2."""
        return {**super().current(), "container": self.container}


class OldPods(Api):
    """A metric of the pods in v2beta1."""

    metricName: str
    targetAverageValue: TargetQuantity
    selector: Selector | None = None

    def current(self) -> Fields:
        """The same in v2."""
        target = _target(averageValue=self.targetAverageValue)
        return {"metric": _metric(self.metricName, self.selector), "target": target}


class OldExternal(Api):
    """A metric from outside in v2beta1."""

    metricName: str
    metricSelector: Selector | None = None
    targetValue: TargetQuantity | None = None
    targetAverageValue: TargetQuantity | None = None

    @model_validator(mode="after")
    def _has_one_target(self) -> Self:
        return _one_of(self, "targetValue", "targetAverageValue")

    def current(self) -> Fields:
        """The same in v2."""
        target = _target(value=self.targetValue, averageValue=self.targetAverageValue)
        return {"metric": _metric(self.metricName, self.metricSelector), "target": target}


class OldObject(Api):
    """A metric of an object in v2beta1."""

    target: TargetRef
    metricName: str
    targetValue: TargetQuantity
    averageValue: TargetQuantity | None = None
    selector: Selector | None = None

    def current(self) -> Fields:
        """The same in v2."""
        each = self.averageValue
        target = _target(value=self.targetValue) if each is None else _target(averageValue=each)
        described = self.target.model_dump(exclude_none=True)
        return {"describedObject": described, "metric": _metric(self.metricName, self.selector), "target": target}


class OldMetricSpec(TypedMetric):
    """One of `metrics` in v2beta1."""

    resource: OldResource | None = None
    containerResource: OldContainerResource | None = None
    pods: OldPods | None = None
    object: OldObject | None = None
    external: OldExternal | None = None

    def current(self) -> Fields:
        """The same in v2."""
        return {"type": self.type, self.field: getattr(self, self.field).current()}


class V1Spec(Api):
    """`spec` in v1."""

    scaleTargetRef: TargetRef
    minReplicas: Replicas | None = None
    maxReplicas: Count
    targetCPUUtilizationPercentage: Percent | None = None


class V1(Loose):
    """The manifest in v1."""

    spec: V1Spec


class V2beta1Spec(Api):
    """`spec` in v2beta1."""

    scaleTargetRef: TargetRef
    minReplicas: Replicas | None = None
    maxReplicas: Count
    metrics: Annotated[list[OldMetricSpec], Field(max_length=100)] | None = None


class V2beta1(Loose):
    """The manifest in v2beta1."""

    spec: V2beta1Spec


class OldMetrics(Api):
    """The metrics in an annotation of v1."""

    metrics: list[OldMetricSpec]


def current_spec(found: Object) -> Spec:
    """What the autoscaler says, in the form of v2.

    Raises:
        InputError: its version is unknown, or it does not have the form of its version.
    """
    if found.version not in VERSIONS:
        known = unknown_name("version of HorizontalPodAutoscaler", found.version[:60], VERSIONS)
        raise InputError(f"{found.place}: apiVersion: {known}")
    return VERSIONS[found.version](found)


def _of_v1(found: Object) -> Spec:
    spec = formed(found, V1).spec
    annotations, percent = annotations_of(found), spec.targetCPUUtilizationPercentage
    others = [each.current() for each in _old_metrics(found, annotations)]
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": _utilisation(percent, None)}}
    fields = _fields(spec, [*others, *([] if percent is None else [cpu])])
    return _spec(found, fields | _behavior(found, annotations))


def _of_v2beta1(found: Object) -> Spec:
    spec = formed(found, V2beta1).spec
    fields = _fields(spec, [each.current() for each in spec.metrics or ()])
    return _spec(found, fields | _behavior(found, annotations_of(found)))


def _of_v2beta2(found: Object) -> Spec:
    inside = found.content.get("spec")
    behavior = inside.get("behavior") if isinstance(inside, dict) else None
    if isinstance(behavior, dict):
        for way, rules in behavior.items():
            if isinstance(rules, dict) and "tolerance" in rules:
                raise InputError(
                    f"{found.place}: spec.behavior.{way}.tolerance: {found.version} has no such field: "
                    "write apiVersion: autoscaling/v2"
                )
    spec, annotations = formed(found, HorizontalPodAutoscaler).spec, annotations_of(found)
    given = {way: annotations[key] for way, key in TOLERANCES.items() if key in annotations}
    if not given:
        return spec
    fields = spec.model_dump(exclude_none=True)
    rules = fields.get("behavior", {})
    ways = {way: {**rules.get(way, {}), "tolerance": value} for way, value in given.items()}
    return _spec(found, {**fields, "behavior": rules | ways})


VERSIONS: Mapping[str, Callable[[Object], Spec]] = {
    "autoscaling/v2": lambda found: formed(found, HorizontalPodAutoscaler).spec,
    "autoscaling/v2beta2": _of_v2beta2,
    "autoscaling/v2beta1": _of_v2beta1,
    "autoscaling/v1": _of_v1,
}


def _fields(spec: V1Spec | V2beta1Spec, metrics: list[Fields]) -> Fields:
    bounds = spec.model_dump(include={"scaleTargetRef", "minReplicas", "maxReplicas"}, exclude_none=True)
    return {**bounds, "metrics": metrics}


def _spec(found: Object, fields: Fields) -> Spec:
    try:
        return Spec.model_validate(fields)
    except ValidationError as error:
        raise InputError(f"{found.place}: spec.{first_problem(error)}") from None


def _old_metrics(found: Object, annotations: Mapping[str, str]) -> list[OldMetricSpec]:
    path = f"metadata.annotations.{METRICS}"
    try:
        return OldMetrics.model_validate({"metrics": json.loads(annotations.get(METRICS, "[]"))}).metrics
    except ValidationError as error:
        raise InputError(f"{found.place}: {path}: {first_problem(error, OldMetrics)}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{found.place}: {path}: is not JSON: remove it, or give autoscaling/v2") from None


def _behavior(found: Object, annotations: Mapping[str, str]) -> Fields:
    """The `behavior` in an annotation; Kubernetes passes by what has not its form, and here a line says so."""
    path = f"metadata.annotations.{BEHAVIOR}"
    if BEHAVIOR not in annotations:
        return {}
    try:
        given = _capitals_lowered(json.loads(annotations[BEHAVIOR]))
        return {"behavior": BehaviorSpec.model_validate(given).model_dump(exclude_none=True)}
    except ValidationError as error:
        raise InputError(f"{found.place}: {path}: {first_problem(error, BehaviorSpec)}") from None
    except (ValueError, RecursionError):
        raise InputError(f"{found.place}: {path}: is not JSON: remove it, or give autoscaling/v2") from None


def _capitals_lowered(value: Any) -> Any:
    """The annotation is written from an internal type, whose fields begin with capitals; empty ones are left out."""
    if isinstance(value, list):
        return [_capitals_lowered(each) for each in value]
    if isinstance(value, dict):
        return {k[:1].lower() + k[1:]: _capitals_lowered(each) for k, each in value.items() if each is not None}
    return value


def _utilisation(percent: int | None, value: Any) -> Fields:
    return _target(averageUtilization=percent) if percent is not None else _target(averageValue=value)


def _target(**figures: Any) -> Fields:
    """The target of the first figure that is given."""
    types = {"averageUtilization": "Utilization", "averageValue": "AverageValue", "value": "Value"}
    given = {field: figure for field, figure in figures.items() if figure is not None}
    return {"type": types[next(iter(given), "averageValue")], **given}


def _metric(name: str, selector: Selector | None) -> Fields:
    return {"name": name} if selector is None else {"name": name, "selector": selector}
