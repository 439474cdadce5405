"""The schemas of a HorizontalPodAutoscaler in older API versions; each metric converts itself to v2.

Source: kubernetes/kubernetes, `pkg/apis/autoscaling/{v1,v2beta1}/conversion.go`.
"""

from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, model_validator

from ipagym.agents.autoscalers.manifests.form import Api, Count, Loose, Replicas, TargetRef
from ipagym.agents.autoscalers.manifests.hpa_schema import TypedMetric
from ipagym.agents.autoscalers.manifests.quantity import TargetQuantity

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
        return {"name": self.name, "target": utilisation(self.targetAverageUtilization, self.targetAverageValue)}


class OldContainerResource(OldResource):
    """CPU or memory of a container in v2beta1."""

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
    """An external metric in v2beta1."""

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


def utilisation(percent: int | None, value: Any) -> Fields:
    """The target of a resource in v2: a share of the request, or an amount."""
    return _target(averageUtilization=percent) if percent is not None else _target(averageValue=value)


def _target(**figures: Any) -> Fields:
    """The target of the first figure that is given."""
    types = {"averageUtilization": "Utilization", "averageValue": "AverageValue", "value": "Value"}
    given = {field: figure for field, figure in figures.items() if figure is not None}
    return {"type": types[next(iter(given), "averageValue")], **given}


def _metric(name: str, selector: Selector | None) -> Fields:
    return {"name": name} if selector is None else {"name": name, "selector": selector}
