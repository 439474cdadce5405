"""Older versions of the HorizontalPodAutoscaler say the same as the new one, as Kubernetes converts them."""

import json

import pytest
import yaml

from ipagym.system.errors import InputError
from tests.agents.reading import changed, control

V2 = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  scaleTargetRef: {kind: Deployment, name: a}
  minReplicas: 2
  maxReplicas: 9
  metrics:
  - {type: Pods, pods: {metric: {name: queue_length}, target: {type: AverageValue, averageValue: 3}}}
  - {type: Object, object: {describedObject: {kind: Service, name: s}, metric: {name: requests_per_second}, target: {type: Value, value: 1k}}}
  - {type: Object, object: {describedObject: {kind: Service, name: s}, metric: {name: in_flight}, target: {type: AverageValue, averageValue: 2}}}
  - {type: External, external: {metric: {name: queue_length, selector: {matchLabels: {q: a}}}, target: {type: Value, value: 30}}}
  - {type: External, external: {metric: {name: queue_length}, target: {type: AverageValue, averageValue: 500m}}}
  - {type: Resource, resource: {name: cpu, target: {type: AverageValue, averageValue: 250m}}}
  - {type: ContainerResource, containerResource: {name: cpu, container: c, target: {type: Utilization, averageUtilization: 40}}}
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 60}}}
"""  # noqa: E501
OLD_METRICS = """
- {type: Pods, pods: {metricName: queue_length, targetAverageValue: 3}}
- {type: Object, object: {target: {kind: Service, name: s}, metricName: requests_per_second, targetValue: 1k}}
- {type: Object, object: {target: {kind: Service, name: s}, metricName: in_flight, targetValue: 9, averageValue: 2}}
- {type: External, external: {metricName: queue_length, metricSelector: {matchLabels: {q: a}}, targetValue: 30}}
- {type: External, external: {metricName: queue_length, targetAverageValue: 500m}}
- {type: Resource, resource: {name: cpu, targetAverageValue: 250m}}
- {type: ContainerResource, containerResource: {name: cpu, container: c, targetAverageUtilization: 40}}
"""
HEAD = """
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec: {scaleTargetRef: {kind: Deployment, name: a}, minReplicas: 2, maxReplicas: 9}
"""
CPU = "- {type: Resource, resource: {name: cpu, targetAverageUtilization: 60}}\n"
BEHAVIOR = "  behavior: {scaleUp: {stabilizationWindowSeconds: 30, policies: [{type: Pods, value: 2, periodSeconds: 60}], tolerance: 0.2}}\n"  # noqa: E501
AS_INTERNAL = {
    "ScaleUp": {
        "StabilizationWindowSeconds": 30,
        "SelectPolicy": None,
        "Policies": [{"Type": "Pods", "Value": 2, "PeriodSeconds": 60}],
        "Tolerance": "200m",
    },
    "ScaleDown": None,
}
ANNOTATION = "autoscaling.alpha.kubernetes.io"


def old(version: str, *, annotations: dict[str, str] | None = None, **spec: object) -> str:
    whole = yaml.safe_load(HEAD)
    whole["apiVersion"] = f"autoscaling/{version}"
    whole["metadata"]["annotations"] = {f"{ANNOTATION}/{key}": text for key, text in (annotations or {}).items()}
    whole["spec"] |= spec
    return yaml.safe_dump(whole)


METRICS = yaml.safe_load(OLD_METRICS)


def test_v2beta1_says_the_same_in_other_words() -> None:
    assert control(old("v2beta1", metrics=yaml.safe_load(OLD_METRICS + CPU))).settings == control(V2).settings


def test_v1_has_its_metrics_in_an_annotation_and_cpu_comes_last() -> None:
    text = old("v1", annotations={"metrics": json.dumps(METRICS)}, targetCPUUtilizationPercentage=60)
    assert control(text).settings == control(V2).settings
    assert control(text).metrics[-1].path == "spec.targetCPUUtilizationPercentage"
    assert control(text).metrics[0].path == f"metadata.annotations.{ANNOTATION}/metrics.0"
    only = control(old("v1", annotations={"metrics": json.dumps(METRICS[:1])}))
    assert len(only.metrics) == 1, "the default is for those that have no other metric"
    bare = V2[: V2.index("  metrics")]
    assert control(old("v1")).settings == control(old("v2beta1")).settings == control(bare).settings


def test_v2beta2_differs_in_its_name_and_in_where_tolerances_are() -> None:
    assert control(changed(V2, "autoscaling/v2", "autoscaling/v2beta2")).settings == control(V2).settings
    without = (V2 + BEHAVIOR).replace(", tolerance: 0.2", "").replace("autoscaling/v2", "autoscaling/v2beta2")
    annotated = changed(without, "{name: a}\nspec", f'{{name: a, annotations: {{{ANNOTATION}/scale-up-tolerance: "0.2"}}}}\nspec')  # fmt: skip  # noqa: E501
    assert control(annotated).settings == control(V2 + BEHAVIOR).settings
    no_behavior = annotated[: annotated.index("  behavior")]
    expected = V2 + "  behavior: {scaleUp: {tolerance: 0.2}}\n"
    assert control(no_behavior).settings == control(expected).settings, "the annotation makes a behavior"


@pytest.mark.parametrize("version", ["v1", "v2beta1"])
@pytest.mark.parametrize("behavior", ["{}", '{"ScaleUp": null, "ScaleDown": null}'])
def test_a_behavior_in_an_annotation_that_says_nothing_is_none(version: str, behavior: str) -> None:
    assert control(old(version, annotations={"behavior": behavior})).settings == control(old(version)).settings


def test_an_object_whose_average_stands_beside_a_value_is_scaled_by_the_average() -> None:
    average = "target: {type: AverageValue, averageValue: 2}"
    both = changed(V2, average, "target: {type: AverageValue, averageValue: 2, value: 9}")
    assert control(both).settings == control(V2).settings
    for target in ("{type: Value, value: 9, averageValue: 2}", "{type: AverageValue, value: 9}"):
        with pytest.raises(InputError, match=r"metrics.2.object.target: a target of type"):
            control(changed(V2, average, f"target: {target}"))


@pytest.mark.parametrize("version", ["v1", "v2beta1"])
def test_v1_and_v2beta1_have_their_behavior_in_an_annotation(version: str) -> None:
    text = old(version, annotations={"behavior": json.dumps(AS_INTERNAL)})
    expected = V2[: V2.index("  metrics")] + BEHAVIOR
    assert control(text).settings == control(expected).settings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (old("v1", targetCPUUtilizationPercentage=150), "spec.targetCPUUtilizationPercentage.*150 is never reached"),
        (old("v1", targetCPUUtilizationPercentage=0), "spec.targetCPUUtilizationPercentage: 0"),
        (old("v1", annotations={"metrics": "[{"}), "annotations.*metrics: is not JSON: remove it"),
        (old("v1", annotations={"metrics": '[{"type": "Pods"}]'}), "annotations.*metrics.*lacks its field pods"),
        (old("v1", annotations={"metrics": "3"}), "annotations.*metrics: .*list"),
        (old("v1", annotations={"behavior": "x"}), "annotations.*behavior: is not JSON"),
        (old("v1", annotations={"behavior": '{"ScaleUp": {"Policies": []}}'}), "behavior: scaleUp.policies"),
        (old("v2beta1", behavior={}), "spec.behavior: .*Extra inputs are not permitted"),
        (old("v2beta1", metrics=[{"type": "Resource", "resource": {"name": "cpu"}}]), "give one of .*, not neither"),
        (
            old("v2beta1", metrics=[{"type": "Resource", "resource": {"name": "cpu", "targetAverageUtilization": 5, "targetAverageValue": 1}}]),  # noqa: E501
            "metrics.0.resource: give one of targetAverageUtilization and .*, not both",
        ),
        (old("v2beta1", metrics=[{"type": "Pods", "pods": {"metricName": "a", "targetAverageValue": "x"}}]), "quant"),
        (changed(V2 + BEHAVIOR, "autoscaling/v2", "autoscaling/v2beta2"), "scaleUp.tolerance: .* has no such field"),
        (old("v2alpha1"), "apiVersion: 'autoscaling/v2alpha1' is not read of a HorizontalPodAutoscaler: give it as"),
    ],
)  # fmt: skip
def test_what_a_version_does_not_have_is_refused_in_a_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^m0.yaml: document 1: .*{message}") as refused:
        control(text)
    assert "\n" not in str(refused.value)
