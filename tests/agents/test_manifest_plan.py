"""Autoscalers of several manifests on the stages of a scenario: who scales what, and what is compared."""

import json
import logging
import pickle
from io import BytesIO, TextIOWrapper
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ipagym
from ipagym.agents.autoscalers.keda import KedaRule
from ipagym.agents.autoscalers.manifests.plan import plan_of
from ipagym.agents.autoscalers.manifests.rules import Together, Unscaled, scaled_by
from ipagym.agents.contestants import check_sendable, contestants
from ipagym.cli import main
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.system.errors import InputError
from tests.agents.flexible import flexible_pipeline
from tests.agents.reading import changed, manifests
from tests.agents.test_contract import scenario
from tests.pipelines import small_pipeline, stage_window, window

HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: one}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: s0}
  maxReplicas: 8
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]
"""
KEDA = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: two}
spec: {scaleTargetRef: {name: s1}, maxReplicaCount: 5, triggers: [{type: redis, metadata: {listName: a}}]}
"""
VPA = """
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: three}
spec: {targetRef: {kind: Deployment, name: s0}, updatePolicy: {updateMode: Recreate, minReplicas: 1}}
"""
KNATIVE = "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: s1}}"


def test_autoscalers_control_different_stages_together() -> None:
    plan = plan_of(manifests(f"{HPA}---{KEDA}"), small_pipeline(3), Limits())
    assert (plan.name, list(plan.settings)) == ("one+two", ["s0", "s1"])
    assert plan.turns == {"replicas"}
    assert plan.notes == ("no autoscaler turns the replicas of s2: they stay as they are",)
    agent = scaled_by(plan.settings)
    rules = [agent.make_rule(stage) for stage in small_pipeline(3).stages]
    assert isinstance(rules[1], KedaRule)
    assert isinstance(rules[2], Unscaled)
    agent.reset(small_pipeline(3), Limits(), np.random.default_rng(0))
    busy = Configuration((StageSetting.of("v0", 2, 1),) * 3)
    stages = [stage_window(utilisation=1.0, ready=2, queue=14)] * 3
    assert [each.first.replicas for each in agent.decide(window(busy, stages=stages)).stages] == [4, 3, 2]


def test_one_of_replicas_and_one_of_cores_share_a_stage() -> None:
    wide = VPA.replace(
        "s0}, ", "s0}, resourcePolicy: {containerPolicies: [{containerName: a, minAllowed: {cpu: 2}}]}, "
    )
    plan = plan_of(manifests(HPA, wide), flexible_pipeline(1), Limits())
    assert plan.turns == {"replicas", "cores"}
    assert not plan.notes
    agent = scaled_by(plan.settings)
    assert isinstance(agent.make_rule(flexible_pipeline(1).stages[0]), Together)
    agent.reset(flexible_pipeline(1), Limits(), np.random.default_rng(0))
    running = Configuration((StageSetting.of("v0", 2, 1, 1),))
    busy = window(running, stages=[stage_window(utilisation=1.0, ready=2)])
    assert agent.decide(busy).stages[0] == StageSetting.of("v0", 4, 1, 2)


def test_stages_and_knobs_without_an_autoscaler_are_named() -> None:
    notes = plan_of(manifests(HPA, VPA), flexible_pipeline(2), Limits()).notes
    assert notes == (
        "no autoscaler turns the cores of s1: they stay as they are",
        "no autoscaler turns the replicas of s1: they stay as they are",
    )
    fixed = plan_of(manifests(HPA, VPA), small_pipeline(1), Limits(max_replicas=1)).notes
    assert "the scenario leaves no choice of replicas at s0: its autoscaler does nothing" in fixed
    assert "the scenario leaves no choice of cores at s0: its autoscaler does nothing" in fixed


def test_one_target_that_is_no_stage_stands_for_all() -> None:
    everything = [text.replace("name: s0}", "name: shop}").replace("name: s1}", "name: shop}") for text in (HPA, VPA)]
    plan = plan_of(manifests(*everything), flexible_pipeline(2), Limits())
    assert [len(each) for each in plan.settings.values()] == [2, 2]
    assert "m0.yaml: document 1: spec.scaleTargetRef.name: 'shop' is no stage: it scales all (s0, s1)" in plan.notes


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        ((HPA, HPA), r"m1.yaml: document 1: .*one and .* one \(m0.yaml: document 1\).* scale the same target, the"),
        ((HPA, changed(KEDA, "name: s1}", "name: s0}")), "m1.yaml: .*ScaledObject two and Horizontal.* one"),
        ((KEDA, KNATIVE), "m1.yaml: document 1: metadata.name: Service s1 and ScaledObject two .*the replicas of s1"),
        ((HPA, KEDA.replace("name: s1}", "name: shop}")), "m1.yaml: .*Ref.name: unknown stage 'shop'"),
        ((HPA.replace("name: s0}", "name: s00}"),), "unknown stage 's00': did you mean 's0'"),
        ((changed(VPA, "name: s0}", "name: so}"), KEDA), "m0.yaml: .*spec.targetRef.name: unknown stage 'so'"),
        ((KEDA.replace("maxRep", "minReplicaCount: 4, maxRep"),), "spec.minReplicaCount: 4 is more than"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused_in_a_line(texts: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        plan_of(manifests(*texts), small_pipeline(), Limits(max_replicas=3))
    assert "\n" not in str(refused.value)


def test_contestants_bear_the_names_of_their_manifests(caplog: pytest.LogCaptureFixture) -> None:
    task = scenario(small_pipeline())
    both, again = manifests(HPA, KEDA), manifests(HPA, KEDA, ignored=())
    with caplog.at_level(logging.WARNING, "ipagym"):
        found = contestants(["static-min", both, again, manifests(HPA)], task)
    assert [each.name for each in found] == ["static-min", "one+two", "one+two-2", "one"]
    assert [record.getMessage() for record in caplog.records] == [
        "no autoscaler turns the replicas of s1: they stay as they are"
    ]
    assert found[1].keeps.startswith("variant v0 + v0")
    assert found[1].fingerprint == found[2].fingerprint != found[3].fingerprint
    check_sendable(found)
    assert pickle.loads(pickle.dumps(found[1].make))() is not None
    (ours,) = contestants(manifests(HPA.replace("name: one", "name: hpa")), task)
    assert ours.name == "manifest-hpa", "which is not the hpa of the catalogue"
    (named,) = contestants({"mine": both}, task)
    assert named.name == "mine"


def test_a_comparison_from_python_is_resumed_to_the_same_bytes(tmp_path: Path) -> None:
    files = []
    for name, text in (("a", HPA.replace("s0}", "crop}")), ("b", KEDA.replace("s1}", "classification}"))):
        files.append(tmp_path / name)
        files[-1].write_text(text)
    short = ipagym.make_scenario("video", "constant:12:60")
    first = ipagym.compare(short, ["static-min", ipagym.read_manifests(*files)], seeds=1, out=tmp_path / "out")
    assert [each.agent for each in first.summaries] == ["static-min", "one+two"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/episodes").iterdir()}
    content = (tmp_path / "out/windows.parquet").read_bytes()
    ipagym.compare(short, ["static-min", ipagym.read_manifests(*files)], seeds=1, out=tmp_path / "out")
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out/episodes").iterdir()}, "none again"
    assert (tmp_path / "out/windows.parquet").read_bytes() == content
    marks = json.loads((tmp_path / "out/manifest.json").read_text())["fingerprints"]
    files[0].write_text(files[0].read_text().replace("50}", "60}"))
    ipagym.compare(short, ["static-min", ipagym.read_manifests(*files)], seeds=1, out=tmp_path / "out")
    later = json.loads((tmp_path / "out/manifest.json").read_text())["fingerprints"]
    assert later["static-min"] == marks["static-min"]
    assert later["one+two"] != marks["one+two"]


def test_the_command_line_takes_several_manifests_and_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    memory = "{type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}}"
    Path("hpa@v2").write_text(HPA.replace("s0}", "crop}").replace("metrics: [", f"metrics: [{memory}, "))
    keda = KEDA.replace("s1}", "classification}").encode()
    short = ["compare", "video", "--workload", "constant:6:60", "--seeds", "1", "--workers", "1", "--out", "out"]
    given = [*short, "--agents", "hpa,static-min", "--manifest", "hpa@v2", "--manifest", "-"]
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(keda)))
    assert main(given) == 2
    assert "hpa@v2: document 1: spec.metrics.0.resource: the profile has no memory" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", TextIOWrapper(BytesIO(keda)))
    assert main([*given, "--ignore-metric", "memory"]) == 0
    assert pd.read_csv("out/summary.csv")["agent"].tolist() == ["one+two", "static-min"], "in the place of hpa"
    assert main([*short, "--agents", "static-min", "--ignore-metric", "memory"]) == 2
    assert "--ignore-metric goes with --manifest" in capsys.readouterr().err
