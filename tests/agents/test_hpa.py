"""Kubernetes' horizontal autoscaler: its rule on known cases, its memory, and real manifests."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ipagym.agents import make_agent
from ipagym.agents.autoscalers.hpa import HpaSettings, Metric, hpa
from ipagym.agents.autoscalers.hpa_manifest import hpa_of_manifest
from ipagym.agents.autoscalers.hpa_rule import (
    Behavior,
    Direction,
    Pods,
    Policy,
    Tolerance,
    default_up,
    limit_rate,
    limit_without_behavior,
    recommend,
    recommend_external,
    stabilise,
)
from ipagym.agents.by_stage import ByStage
from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.errors import InputError
from tests.agents.test_contract import scenario
from tests.pipelines import small_pipeline, stage_window, window


@pytest.mark.parametrize(
    ("pods", "target", "expected"),
    [
        (Pods(current=50, ready=50, usage=0.90), 0.75, 60),
        (Pods(current=10, ready=10, usage=0.54), 0.50, 10),
        (Pods(current=4, ready=3, usage=0.60, ignored=1), 0.50, 4),
        (Pods(current=4, ready=3, usage=0.20, missing=1), 0.50, 4),
        (Pods(current=3, ready=3, usage=1.00), 0.40, 8),
        (Pods(current=4, ready=4, usage=0.25), 0.50, 2),
        (Pods(current=10, ready=10, usage=0.55), 0.50, 10),
        (Pods(current=5, ready=0, usage=0.00, ignored=5), 0.50, 5),
        (Pods(current=4, ready=2, usage=1.00, ignored=2), 0.25, 8),
        (Pods(current=4, ready=4, usage=0.00), 0.50, 0),
    ],
)
def test_it_recommends_as_kubernetes_does(pods: Pods, target: float, expected: int) -> None:
    assert recommend(pods, target, Tolerance()) == expected


def test_tolerance_may_differ_by_direction() -> None:
    tight_up = Tolerance(up=0.0, down=0.5)
    assert recommend(Pods(current=10, ready=10, usage=0.51), 0.5, tight_up) == 11
    assert recommend(Pods(current=10, ready=10, usage=0.3), 0.5, tight_up) == 10
    with pytest.raises(InputError, match="tolerance"):
        Tolerance(up=1.0)


def test_an_external_metric_is_shared_out() -> None:
    assert recommend_external(100.0, 30.0, 3, Tolerance()) == 4
    assert recommend_external(95.0, 30.0, 3, Tolerance()) == 3


def test_it_stays_at_the_highest_recommendation_of_the_down_window() -> None:
    history = [(0.0, 8), (100.0, 5)]
    assert stabilise(8, 5, history, (200.0, -100.0)) == 8
    assert stabilise(8, 5, history, (310.0, 10.0)) == 5
    assert stabilise(5, 9, history, (200.0, -100.0)) == 9
    assert stabilise(5, 9, [(190.0, 6)], (100.0, -100.0)) == 6


def test_rates_are_limited() -> None:
    usual = Behavior()
    assert limit_without_behavior(3, 8) == 6
    assert limit_without_behavior(1, 8) == 4
    assert limit_rate(3, 8, [], usual, 0.0) == 7
    assert limit_rate(10, 50, [], usual, 0.0) == 20
    assert limit_rate(7, 20, [(90.0, 4)], usual, 100.0) == 7
    assert limit_rate(7, 20, [(80.0, 4)], usual, 100.0) == 14
    assert limit_rate(9, 1, [], usual, 0.0) == 1


@pytest.mark.parametrize(
    ("policies", "select", "expected"),
    [
        ((Policy(percent=25),), "Max", 7),
        ((Policy(percent=10), Policy(pods=4)), "Max", 6),
        ((Policy(percent=10), Policy(pods=4)), "Min", 9),
        ((Policy(percent=10),), "Disabled", 10),
    ],
)
def test_falls_are_limited(policies: tuple[Policy, ...], select: Any, expected: int) -> None:
    behavior = Behavior(down=Direction(window_s=0.0, policies=policies, select=select))
    assert limit_rate(10, 1, [], behavior, 0.0) == expected


def course(agent: ByStage, usages: list[float]) -> list[int]:
    """Replicas of the first stage when every replica is ready at once and usage is as given, every 15 s."""
    agent.reset(small_pipeline(), Limits(max_replicas=10), np.random.default_rng(0))
    running, replicas = Configuration((StageSetting("v0", 2, 1),) * 2), []
    for step, usage in enumerate(usages):
        stages = [stage_window(utilisation=usage, ready=2) for _ in running.stages]
        seen = window(running, stages=stages, arrivals_per_s=[5] * 15, start_s=step * 15)
        running = agent.decide(seen)
        replicas.append(running.stages[0].replicas)
    return replicas


def on_cpu(target: float, **changes: Any) -> ByStage:
    return hpa(HpaSettings(metrics=(Metric(target=target),), **changes))


def test_it_rises_at_once_and_falls_after_the_down_window() -> None:
    assert course(on_cpu(0.5), [1.0, 0.5, 0.5]) == [4, 4, 4]
    found = course(on_cpu(0.5), [1.0] + [0.1] * 25)
    assert found[:20] == [4] * 20
    assert found[-1] == 1


def test_the_strictest_metric_decides() -> None:
    metrics = (Metric(target=0.9), Metric(source="rps", target=1.0, scope="all"))
    assert course(hpa(HpaSettings(metrics=metrics)), [0.1]) == [4]
    assert course(hpa(HpaSettings(metrics=(Metric(source="rps", target=1.0),))), [0.1]) == [4]
    assert course(hpa(HpaSettings(metrics=(Metric(source="queue", target=1.0, scope="all"),))), [0.1, 0.1]) == [2, 2]


def test_what_has_just_become_ready_does_not_count_in_a_rise() -> None:
    agent = on_cpu(0.5, behavior=None)
    agent.reset(small_pipeline(1), Limits(max_replicas=10), np.random.default_rng(0))
    running = Configuration((StageSetting("v0", 2, 1),))
    agent.decide(window(running, stages=[stage_window(utilisation=0.5, ready=1)], start_s=0))
    fresh = window(running, stages=[stage_window(utilisation=0.7, ready=2)], start_s=20)
    assert agent.decide(fresh).stages[0].replicas == 2, "1.4 of one replica is 0.7 of two"


def test_lost_figures_hold_it() -> None:
    agent = on_cpu(0.5)
    agent.reset(small_pipeline(1), Limits(), np.random.default_rng(0))
    running = Configuration((StageSetting("v0", 2, 1),))
    busy = window(running, stages=[stage_window(utilisation=1.0, ready=2)])
    assert agent.decide(busy.known_at(window(running), is_new=False)) == running
    assert agent.decide(busy.known_at(window(running, start_s=20), is_new=True)).stages[0].replicas == 4


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


def settings_of(agent: ByStage, stage: int) -> HpaSettings:
    rule = agent.make_rule(small_pipeline().stages[stage])
    settings: HpaSettings = rule.settings  # type: ignore[attr-defined]
    return settings


def test_a_manifest_is_read_as_kubernetes_reads_it(tmp_path: Path) -> None:
    agent = hpa_of_manifest(written(tmp_path, MANIFEST), small_pipeline())
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
    path = written(tmp_path, yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [one]}))
    agent = hpa_of_manifest(path, small_pipeline())
    found = settings_of(agent, 1)
    assert found == HpaSettings(metrics=(Metric(target=0.8),), max_replicas=3)
    assert found.behavior is not None
    assert found.behavior.up == default_up()
    assert not hasattr(agent.make_rule(small_pipeline().stages[0]), "settings"), "s0 has no autoscaler"


def test_a_manifest_scales_by_its_own_rules(tmp_path: Path) -> None:
    agent = make_agent(f"hpa:{written(tmp_path, MANIFEST)}", scenario(small_pipeline()))
    assert isinstance(agent, ByStage)
    rising = course(agent, [1.0] * 12)
    assert rising[0] == 2, "the stabilisation window of 60 s holds it first"
    assert rising[-1] == 4
    assert max(b - a for a, b in pairwise(rising)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("autoscaling/v2", "autoscaling/v1"), "apiVersion"),
        (("maxReplicas: 6", "maxReplicas: 0"), "maxReplicas"),
        (("maxReplicas: 6", "maxReplicas: 1"), "1 <= min <= max"),
        (("minReplicas: 2", "minReplicas: 0"), "one replica at least"),
        (("name: cpu", "name: memory"), "memory is not simulated"),
        (("requests_per_second", "requests_per_secnd"), "did you mean 'requests_per_second'"),
        (("averageValue: 500m", "averageValue: fast"), "not a quantity"),
        (("averageValue: 500m", "averageValue: -1"), "above 0"),
        (("averageUtilization: 70", "averageValue: 70"), "averageUtilization or an averageValue"),
        (("type: Pods\n      pods", "type: Object\n      pods"), "lacks its field object"),
        (("minReplicas: 2", "minreplicas: 2"), "minreplicas"),
        (("periodSeconds: 60", "periodSeconds: 6000"), "periodSeconds"),
        (("kind: HorizontalPodAutoscaler", "kind: Deployment"), "kind"),
        ((MANIFEST, ""), "holds no HorizontalPodAutoscaler"),
        ((MANIFEST, "- 1"), "valid"),
        ((MANIFEST, "a: [1"), "not valid YAML"),
        ((MANIFEST, f"{MANIFEST}\n---\n{MANIFEST}"), "scale the same target"),
        ((MANIFEST, f"{MANIFEST}\n---\n{MANIFEST.replace('name: video}', 'name: s1}')}"), "unknown stage 'video'"),
    ],
)
def test_unusable_manifests_are_refused_in_a_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    assert change[0] in MANIFEST
    path = written(tmp_path, MANIFEST.replace(*change))
    with pytest.raises(InputError, match=message) as refused:
        hpa_of_manifest(path, small_pipeline())
    assert str(refused.value).startswith("hpa.yaml: ")
    assert "\n" not in str(refused.value)
