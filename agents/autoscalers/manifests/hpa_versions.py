"""HorizontalPodAutoscalers of older API versions, converted to `autoscaling/v2` as in Kubernetes.

Source: kubernetes/kubernetes, `pkg/apis/autoscaling/{v1,v2beta1,v2beta2}/conversion.go` and `defaults.go`, and
`pkg/apis/autoscaling/annotations.go` (`autoscaling.alpha.kubernetes.io/…`: fields that a version lacks).

- v1: the metrics of the annotation `metrics`, in the form of v2beta1, then `targetCPUUtilizationPercentage`; 80 % of
  CPU where both lack. Its annotation `behavior` and that of v2beta1 are `behavior`.
- v2beta1: of an object, `averageValue` comes before `targetValue`; elsewhere one figure is given.
- v2beta2: as v2, with tolerances in annotations.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from ipagym.agents.autoscalers.manifests.form import formed
from ipagym.agents.autoscalers.manifests.hpa_old_forms import (
    V1,
    Fields,
    OldMetrics,
    OldMetricSpec,
    V1Spec,
    V2beta1,
    V2beta1Spec,
    utilisation,
)
from ipagym.agents.autoscalers.manifests.hpa_schema import BehaviorSpec, HorizontalPodAutoscaler, Spec
from ipagym.agents.autoscalers.manifests.objects import Object, annotations_of
from ipagym.profiles.yaml_file import first_problem
from ipagym.system.errors import InputError

PREFIX = "autoscaling.alpha.kubernetes.io/"
METRICS, BEHAVIOR = f"{PREFIX}metrics", f"{PREFIX}behavior"
TOLERANCES = {"scaleUp": f"{PREFIX}scale-up-tolerance", "scaleDown": f"{PREFIX}scale-down-tolerance"}


def current_spec(found: Object) -> Spec:
    """The spec of an autoscaler, of one of `VERSIONS`, in the schema of v2.

    Raises:
        InputError: it does not match the schema of its version; one line says where.
    """
    return VERSIONS[found.version](found)


def _of_v1(found: Object) -> Spec:
    spec = formed(found, V1).spec
    annotations, percent = annotations_of(found), spec.targetCPUUtilizationPercentage
    others = [each.current() for each in _old_metrics(found, annotations)]
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": utilisation(percent, None)}}
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
    """The `behavior` in an annotation, None without one. Kubernetes ignores a malformed annotation; here it is refused
    with a message.
    """
    path = f"metadata.annotations.{BEHAVIOR}"
    if BEHAVIOR not in annotations:
        return {}
    try:
        given = _capitals_lowered(json.loads(annotations[BEHAVIOR]))
        spec = BehaviorSpec.model_validate(given)
        return {} if spec == BehaviorSpec() else {"behavior": spec.model_dump(exclude_none=True)}
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
