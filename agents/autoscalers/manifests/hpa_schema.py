"""The schema of Kubernetes' HorizontalPodAutoscaler, `autoscaling/v2`. The spec may have only fields of the API, with
their types; `metadata` and `status` may hold anything. Source of the bounds: kubernetes/kubernetes,
`pkg/apis/autoscaling/validation`.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ipagym.agents.autoscalers.manifests.form import Api, Count, Loose, Replicas, TargetRef
from ipagym.agents.autoscalers.manifests.quantity import TargetQuantity, ToleranceQuantity

Seconds = Annotated[int, Field(ge=0, le=3600)]

FIELD_OF_TYPE = {"Utilization": "averageUtilization", "AverageValue": "averageValue", "Value": "value"}


class Target(Api):
    """The target value of the metric: one figure, in the field of its type."""

    type: Literal["Utilization", "AverageValue", "Value"]
    averageUtilization: Annotated[int, Field(ge=1, le=10_000)] | None = None
    averageValue: TargetQuantity | None = None
    value: TargetQuantity | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        given = self._given()
        if given != [FIELD_OF_TYPE[self.type]]:
            named = " and ".join(given) or "nothing"
            raise ValueError(f"a target of type {self.type} sets {FIELD_OF_TYPE[self.type]} and no other, not {named}")
        return self

    def _given(self) -> list[str]:
        return [name for name in FIELD_OF_TYPE.values() if getattr(self, name) is not None]


class ObjectTarget(Target):
    """The target of an object metric. It may have a value beside its average; v2beta1 requires one, without effect."""

    def _given(self) -> list[str]:
        given = super()._given()
        return [name for name in given if name != "value"] if "averageValue" in given else given


class ResourceMetric(Api):
    """CPU or memory of the pods."""

    name: str
    target: Target


class ContainerResourceMetric(ResourceMetric):
    """CPU or memory of one of their containers."""

    container: str


class MetricName(Api):
    """The name of a custom metric; its selector is ignored."""

    name: str
    selector: dict[str, Any] | None = None


class PodsMetric(Api):
    """A metric of the pods."""

    metric: MetricName
    target: Target


class ExternalMetric(PodsMetric):
    """An external metric."""


class ObjectMetric(PodsMetric):
    """A metric of an object."""

    target: ObjectTarget
    describedObject: dict[str, Any]


class TypedMetric(Api):
    """One metric, in the field named by its type; other metric fields must be absent."""

    type: Literal["Resource", "ContainerResource", "Pods", "Object", "External"]

    @property
    def field(self) -> str:
        """The field of its type."""
        return self.type[0].lower() + self.type[1:]

    @model_validator(mode="after")
    def _is_its_type(self) -> Self:
        if getattr(self, self.field) is None:
            raise ValueError(f"a metric of type {self.type} lacks its field {self.field}")
        others = self.model_fields_set - {"type", self.field}
        if others:
            raise ValueError(f"a metric of type {self.type} has the field {self.field} only, not {min(others)}")
        return self


class MetricSpec(TypedMetric):
    """One of `metrics`."""

    resource: ResourceMetric | None = None
    containerResource: ContainerResourceMetric | None = None
    pods: PodsMetric | None = None
    object: ObjectMetric | None = None
    external: ExternalMetric | None = None


class PolicySpec(Api):
    """The change allowed in a period."""

    type: Literal["Pods", "Percent"]
    value: Count
    periodSeconds: Annotated[int, Field(ge=1, le=1800)]


class ScalingRules(Api):
    """One direction of `behavior`; missing fields have the defaults of that direction."""

    stabilizationWindowSeconds: Seconds | None = None
    selectPolicy: Literal["Max", "Min", "Disabled"] | None = None
    policies: Annotated[list[PolicySpec], Field(min_length=1, max_length=100)] | None = None
    tolerance: ToleranceQuantity | None = None


class BehaviorSpec(Api):
    """`behavior`."""

    scaleUp: ScalingRules | None = None
    scaleDown: ScalingRules | None = None


class Spec(Api):
    """`spec`."""

    scaleTargetRef: TargetRef
    minReplicas: Replicas | None = None
    maxReplicas: Count
    metrics: Annotated[list[MetricSpec], Field(max_length=100)] | None = None
    behavior: BehaviorSpec | None = None


class HorizontalPodAutoscaler(Loose):
    """The manifest."""

    spec: Spec
