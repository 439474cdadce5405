"""The form of a HorizontalPodAutoscaler of Kubernetes, `autoscaling/v2`, checked field by field.

The spec must hold nothing but the fields of the API; `metadata` and `status` may hold anything.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

SUFFIXES = {"m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


class Api(BaseModel):
    """A part of the manifest: its own fields only."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Loose(BaseModel):
    """A part of which other fields do not matter here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def quantity(text: str | int | float) -> float:
    """A quantity of Kubernetes, such as `500m`, `2` or `1k`, as a number above 0.

    Raises:
        ValueError: it is none.
    """
    written = str(text).strip()
    suffix = next((s for s in sorted(SUFFIXES, key=len, reverse=True) if written.endswith(s)), "")
    try:
        value = float(written.removesuffix(suffix)) * SUFFIXES.get(suffix, 1.0)
    except ValueError:
        raise ValueError("not a quantity such as 500m, 2 or 1k") from None
    if not 0 < value < float("inf"):
        raise ValueError("a target must be above 0 and finite")
    return value


Quantity = Annotated[str | int | float, AfterValidator(quantity)]
Seconds = Annotated[int, Field(ge=0, le=3600)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]


class Target(Api):
    """What the metric is held at."""

    type: Literal["Utilization", "AverageValue", "Value"]
    averageUtilization: Annotated[int, Field(ge=1, le=10_000)] | None = None
    averageValue: Quantity | None = None
    value: Quantity | None = None


class ResourceMetric(Api):
    """CPU or memory of the pods, or of one container."""

    name: str
    container: str | None = None
    target: Target


class MetricName(Api):
    """Which custom metric; the selector does not matter here."""

    name: str
    selector: dict[str, Any] | None = None


class CustomMetric(Api):
    """A metric of the pods, of an object, or from outside."""

    metric: MetricName
    target: Target
    describedObject: dict[str, Any] | None = None


class MetricSpec(Api):
    """One metric; the field that bears its type's name holds it."""

    type: Literal["Resource", "ContainerResource", "Pods", "Object", "External"]
    resource: ResourceMetric | None = None
    containerResource: ResourceMetric | None = None
    pods: CustomMetric | None = None
    object: CustomMetric | None = None
    external: CustomMetric | None = None


class PolicySpec(Api):
    """How much may change in a period."""

    type: Literal["Pods", "Percent"]
    value: Count
    periodSeconds: Annotated[int, Field(ge=1, le=1800)]


class ScalingRules(Api):
    """One direction of `behavior`; what is left out is the default of that direction."""

    stabilizationWindowSeconds: Seconds | None = None
    selectPolicy: Literal["Max", "Min", "Disabled"] | None = None
    policies: list[PolicySpec] | None = None
    tolerance: Quantity | None = None


class BehaviorSpec(Api):
    """`behavior`."""

    scaleUp: ScalingRules | None = None
    scaleDown: ScalingRules | None = None


class ScaleTargetRef(Api):
    """What is scaled."""

    kind: str
    name: str
    apiVersion: str | None = None


class Spec(Api):
    """`spec`."""

    scaleTargetRef: ScaleTargetRef
    minReplicas: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    maxReplicas: Count
    metrics: Annotated[list[MetricSpec], Field(max_length=100)] | None = None
    behavior: BehaviorSpec | None = None


class HorizontalPodAutoscaler(Loose):
    """The manifest."""

    apiVersion: Literal["autoscaling/v2"]
    kind: Literal["HorizontalPodAutoscaler"]
    spec: Spec
