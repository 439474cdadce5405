"""Real manifests of horizontal autoscalers: read as Kubernetes reads them, or refused in a line."""

import logging
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from ipagym.agents import make_agent
from ipagym.agents.autoscalers.hpa import HpaSettings, Metric
from ipagym.agents.autoscalers.hpa_agent import hpa_of_manifest
from ipagym.agents.autoscalers.hpa_behavior import Direction, Policy, default_down, default_up
from ipagym.agents.autoscalers.hpa_rule import Tolerance
from ipagym.agents.autoscalers.manifests.quantity import quantity
from ipagym.agents.common.by_stage import ByStage
from ipagym.model.configuration import Limits
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError
from tests.agents.test_contract import scenario
from tests.agents.test_hpa import course
from tests.pipelines import small_pipeline

MANIFEST = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: video, labels: {team: vision}}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: video}
  minReplicas: 2
  maxReplicas: 6
  metrics:
    - type: Resource
      resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}
    - type: Pods
      pods: {metric: {name: requests_per_second}, target: {type: AverageValue, averageValue: 500m}}
    - type: External
      external: {metric: {name: queue_length}, target: {type: Value, value: "30"}}
  behavior:
    scaleUp: {stabilizationWindowSeconds: 60, policies: [{type: Pods, value: 1, periodSeconds: 60}], tolerance: "0.05"}
    scaleDown: {selectPolicy: Disabled}
status: {currentReplicas: 3}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "hpa.yaml"
    path.write_text(text)
    return path


def read(tmp_path: Path, text: str) -> ByStage:
    return hpa_of_manifest(written(tmp_path, text), small_pipeline(), Limits())


def settings_of(agent: ByStage, stage: int, pipeline: Pipeline | None = None) -> HpaSettings:
    rule = agent.make_rule((pipeline or small_pipeline()).stages[stage])
    settings: HpaSettings = rule.settings  # type: ignore[attr-defined]
    return settings


def test_a_manifest_is_read_as_kubernetes_reads_it(tmp_path: Path) -> None:
    agent = read(tmp_path, MANIFEST)
    found = settings_of(agent, 0)
    assert found == settings_of(agent, 1), "a target that is no stage stands for all"
    assert (found.min_replicas, found.max_replicas) == (2, 6)
    assert found.metrics == (
        Metric(source="cpu", target=0.7),
        Metric(source="rps", target=0.5),
        Metric(source="queue", target=30.0, scope="all", whole=True),
    )
    assert found.behavior is not None
    assert found.behavior.up == Direction(window_s=60.0, policies=(Policy(pods=1, period_s=60),))
    assert (found.behavior.down.window_s, found.behavior.down.select) == (300.0, "Disabled")
    assert found.tolerance == Tolerance(up=0.05)


def test_a_manifest_without_metrics_or_behavior_has_the_defaults(tmp_path: Path) -> None:
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "s1"}, "maxReplicas": 3}
    one = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "spec": spec}
    agent = read(tmp_path, yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [one]}))
    found = settings_of(agent, 1)
    assert found == HpaSettings(metrics=(Metric(target=0.8),), max_replicas=3)
    assert found.behavior is None, "which has a rule of its own"
    assert not hasattr(agent.make_rule(small_pipeline().stages[0]), "settings"), "s0 has no autoscaler"


def test_a_manifest_scales_by_its_own_rules(tmp_path: Path) -> None:
    agent = make_agent(f"hpa:{written(tmp_path, MANIFEST)}", scenario(small_pipeline()))
    assert isinstance(agent, ByStage)
    rising = course(agent, [1.0] * 12)
    assert rising[0] == 2, "the stabilisation window of 60 s holds it first"
    assert rising[-1] == 4
    assert max(b - a for a, b in pairwise(rising)) == 1


DEPLOYMENT = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: s0}, spec: {replicas: 2}}"
SCALED_OBJECT = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: s0}
spec: {scaleTargetRef: {name: s0}, triggers: [{type: redis, metadata: {listName: a}}]}
"""


def test_other_objects_in_the_file_are_left_alone(tmp_path: Path) -> None:
    found = settings_of(read(tmp_path, f"{MANIFEST}\n---\n{DEPLOYMENT}\n---\n"), 0)
    assert found == settings_of(read(tmp_path, MANIFEST), 0)


def test_a_tolerance_may_be_zero(tmp_path: Path) -> None:
    text = MANIFEST.replace('tolerance: "0.05"', "tolerance: 0")
    assert settings_of(read(tmp_path, text), 0).tolerance == Tolerance(up=0.0, down=0.1)


def test_what_behavior_leaves_out_is_filled_in(tmp_path: Path) -> None:
    text = MANIFEST.replace("scaleDown: {selectPolicy: Disabled}", "scaleDown: {stabilizationWindowSeconds: 0}")
    behavior = settings_of(read(tmp_path, text), 0).behavior
    assert behavior is not None
    assert behavior.down == Direction(window_s=0.0, policies=default_down().policies)
    found = settings_of(read(tmp_path, MANIFEST[: MANIFEST.index("    scaleUp")] + "    scaleDown: {}\n"), 0).behavior
    assert found is not None
    assert found.up == default_up()
    assert found.down == default_down()


def test_what_applies_otherwise_than_it_says_is_told_in_a_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "told.yaml"
    path.write_text(MANIFEST.replace("maxReplicas: 6", "maxReplicas: 60"))
    with caplog.at_level(logging.WARNING, "ipagym"):
        for _ in range(3):
            hpa_of_manifest(path, small_pipeline(), Limits())
    assert [record.getMessage() for record in caplog.records] == [
        "told.yaml: document 1: spec.maxReplicas: 60 is more than the scenario's max_replicas: 10 holds",
        "told.yaml: document 1: spec.scaleTargetRef.name: 'video' is no stage: it scales all (s0, s1)",
    ]


@pytest.mark.parametrize("name", ["hpa", "HPA.YAML", "hpa@v2.yaml"])
def test_a_manifest_may_be_called_anything(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(MANIFEST)
    agent = make_agent(f"hpa:{path}", scenario(small_pipeline()))
    assert isinstance(agent, ByStage)
    assert settings_of(agent, 0).max_replicas == 6
    pinned = make_agent(f"hpa:{path}@b=2", scenario(small_pipeline()))
    assert type(pinned) is not ByStage, "what follows the file's name is pinned"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("500m", 0.5), ("1k", 1e3), ("1e3", 1e3), ("+3", 3.0), ("50Mi", 50 * 2.0**20), ("2E", 2e18), (".5", 0.5)),
        *((1500, 1500.0), (0.25, 0.25), ("7.", 7.0), ("100u", 1e-4), ("-2", -2.0)),
        *(("0.1n", 1e-9), ("1e-10", 1e-9), ("-1e-12", -1e-9), ("0", 0.0)),
    ],
)
def test_quantities_are_those_of_kubernetes(text: str | float, value: float) -> None:
    assert quantity(text) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("text", ["", " 1", "1 000", "1_000", "0x10", "nan", "inf", "1K", "m", "1e", "--1", "1e999"])
def test_nothing_else_is_a_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="quantity"):
        quantity(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("autoscaling/v2", "autoscaling/v3"),
            "apiVersion: 'autoscaling/v3' is not read of a Horizontal.*autoscaling/v2",
        ),
        (("autoscaling/v2", "autoscaling/v1"), "document 1: spec.metrics: .*Extra inputs are not permitted"),
        (("autoscaling/v2", "apps/v1"), "apiVersion: 'apps/v1' is not read"),
        (("maxReplicas: 6", "maxReplicas: 0"), "maxReplicas"),
        (("maxReplicas: 6", "maxReplicas: '6'"), "maxReplicas"),
        (("maxReplicas: 6", "maxReplicas: 1"), r"maxReplicas must be minReplicas \(2\) or more"),
        (("minReplicas: 2", "minReplicas: 0"), "one replica at least"),
        (
            ("minReplicas: 2\n  maxReplicas: 6", "minReplicas: 40\n  maxReplicas: 60"),
            "minReplicas: 40 .*max_replicas, 10",
        ),
        (
            ("name: cpu", "name: memory"),
            "spec.metrics.0.resource: the profile has no memory_mib and memory_request_mib of v0",
        ),
        (("name: cpu", "name: disk"), "spec.metrics.0.resource.name: disk is not simulated: scale by cpu or memory"),
        (("requests_per_second", "requests_per_secnd"), "metrics.1.*did you mean 'requests_per_second'"),
        (("averageValue: 500m", "averageValue: fast"), "not a quantity"),
        (("averageValue: 500m", "averageValue: '1_000'"), "not a quantity"),
        (("averageValue: 500m", "averageValue: true"), "averageValue"),
        (("averageValue: 500m", "averageValue: -1"), "above 0"),
        (("averageValue: 500m", "averageValue: 0.5, value: 1"), "AverageValue sets averageValue and no other"),
        (
            ("averageUtilization: 70", "averageValue: 70"),
            "Utilization sets averageUtilization and no other, not averageV",
        ),
        (("averageUtilization: 70", "averageUtilization: 150"), "averageUtilization: 150 is never reached.*1..100"),
        (("type: Utilization, averageUtilization: 70", "type: Value, value: 70"), "no Value"),
        (("name: cpu,", "name: cpu, container: a,"), "container"),
        (("type: Pods\n      pods", "type: Object\n      pods"), "lacks its field object"),
        (("type: Pods\n      pods", "type: Pods\n      external: {}\n      pods"), "external"),
        (("minReplicas: 2", "minreplicas: 2"), "minreplicas"),
        (("periodSeconds: 60", "periodSeconds: 6000"), "periodSeconds"),
        (("policies: [{type: Pods, value: 1, periodSeconds: 60}]", "policies: []"), "policies"),
        (('tolerance: "0.05"', "tolerance: 5%"), "tolerance: '5%' is not a number: write 5 % as 0.05"),
        (('tolerance: "0.05"', "tolerance: -1"), "tolerance must be 0 or more"),
        (
            ("kind: HorizontalPodAutoscaler", "kind: Deployment"),
            "holds no autoscaler but Deployment: give a Horizontal",
        ),
        (("kind: HorizontalPodAutoscaler", "kin: a"), "document 1: lacks kind"),
        (("name: video}\n  min", "name: s11}\n  min"), "unknown stage 's11': did you mean 's1'"),
        ((MANIFEST, ""), "is empty: give a file with an autoscaler"),
        ((MANIFEST, SCALED_OBJECT), "kind: ScaledObject is no HorizontalPodAutoscaler: give the file with --manifest"),
        ((MANIFEST, "- 1"), "document 1: is a list: an object of the API is a mapping"),
        ((MANIFEST, "a: [1"), "not valid YAML"),
        ((MANIFEST, f"{MANIFEST}\n---\n{MANIFEST}"), "scale the same target"),
        ((MANIFEST, f"{MANIFEST}\n---\n{MANIFEST.replace('name: video}', 'name: s1}')}"), "unknown stage 'video'"),
    ],
)
def test_unusable_manifests_are_refused_in_a_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    assert change[0] in MANIFEST
    with pytest.raises(InputError, match=message) as refused:
        read(tmp_path, MANIFEST.replace(*change))
    assert str(refused.value).startswith("hpa.yaml: ")
    assert "\n" not in str(refused.value)
