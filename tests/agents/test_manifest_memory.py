"""Horizontal autoscaling by memory: figures of the profile, and their rule."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from ipagym import profiles
from ipagym.agents.autoscalers.hpa import HpaSettings, Metric, hpa, wanted
from ipagym.agents.autoscalers.hpa_rule import Tolerance
from ipagym.agents.autoscalers.manifests.plan import plan_of
from ipagym.agents.common.by_stage import StageView
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError
from tests.agents.reading import changed, manifests
from tests.agents.test_autoscalers import view
from tests.pipelines import small_pipeline, stage_window, window

HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: a}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: s0}
  maxReplicas: 8
  metrics:
  - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 65}}}
  - {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: 80}}}
"""


def with_memory(held_mib: float | None, request_mib: float | None, pipeline: Pipeline | None = None) -> Pipeline:
    whole = pipeline or small_pipeline()
    figures: Any = {"memory_mib": held_mib, "memory_request_mib": request_mib}
    stages = (replace(s, variants=tuple(replace(v, **figures) for v in s.variants)) for s in whole.stages)
    return replace(whole, stages=tuple(stages))


def test_the_commonest_form_has_cpu_and_memory() -> None:
    plan = plan_of(manifests(HPA), with_memory(600.0, 1000.0), Limits())
    cpu, memory = Metric(source="cpu", target=0.65), Metric(source="memory", target=0.8)
    assert plan.settings == {"s0": (HpaSettings(metrics=(cpu, memory), max_replicas=8),)}


@pytest.mark.parametrize(
    ("held", "request_mib", "message"),
    [
        (None, None, "has no memory_mib and memory_request_mib of v0 of s0: .* or --ignore-metric memory"),
        (600.0, None, "has no memory_request_mib of v0 of s0: give every variant of it in a profile"),
    ],
)
def test_without_figures_it_is_refused_in_a_line(held: float | None, request_mib: float | None, message: str) -> None:
    with pytest.raises(InputError, match=f"^m0.yaml: document 1: spec.metrics.1.resource: the profile {message}"):
        plan_of(manifests(HPA), with_memory(held, request_mib), Limits())
    dropped = plan_of(manifests(HPA, ignored=("memory",)), with_memory(held, request_mib), Limits())
    assert dropped.settings["s0"] == (HpaSettings(metrics=(Metric(target=0.65),), max_replicas=8),)
    amount = changed(HPA, "type: Utilization, averageUtilization: 80", "type: AverageValue, averageValue: 500Mi")
    if held is not None:
        (settings,) = plan_of(manifests(amount), with_memory(held, None), Limits()).settings["s0"]
        assert isinstance(settings, HpaSettings)
        assert settings.metrics[1] == Metric(source="memory_mib", target=500.0), "an amount needs no request"


def seen(held_mib: float, request_mib: float | None, *, replicas: int, **figures: float) -> StageView:
    whole = view(stage_window(**figures), replicas=replicas)
    variants = tuple(replace(v, memory_mib=held_mib, memory_request_mib=request_mib) for v in whole.stage.variants)
    return replace(whole, stage=replace(whole.stage, variants=variants))


@pytest.mark.parametrize(
    ("held", "target", "replicas", "asked"),
    [
        (600.0, 0.6, 2, 2),
        (650.0, 0.6, 2, 2),  # 65 over 60 is within the tolerance
        (900.0, 0.6, 2, 3),
        (300.0, 0.6, 4, 2),
        (1500.0, 1.0, 2, 3),  # memory may exceed its request
    ],
)
def test_replicas_by_the_share_of_the_request(held: float, target: float, replicas: int, asked: int) -> None:
    calm = seen(held, 1000.0, replicas=replicas, ready=replicas, utilisation=0.0)
    assert wanted(Metric(source="memory", target=target), calm, 0, Tolerance()) == asked
    amount = Metric(source="memory_mib", target=target * 1000.0)
    assert wanted(amount, replace(calm), 0, Tolerance()) == asked


def test_pods_hold_memory_while_they_load_and_pending_ones_damp_a_rise() -> None:
    loading = seen(900.0, 1000.0, replicas=4, ready=2, starting=2)
    assert wanted(Metric(source="memory", target=0.6), loading, 0, Tolerance()) == 6
    pending = seen(900.0, 1000.0, replicas=4, ready=2, pending=2)
    assert wanted(Metric(source="memory", target=0.6), pending, 0, Tolerance()) == 4, "0.45 of four is not above 0.6"
    assert wanted(Metric(source="memory", target=0.6), seen(900.0, None, replicas=2, ready=2), 0, Tolerance()) is None


def test_memory_that_does_not_depend_on_load_drives_to_a_bound() -> None:
    """As in Kubernetes: more replicas do not lower what each of them holds."""
    agent = hpa(HpaSettings(metrics=(Metric(source="memory", target=0.5),), max_replicas=7))
    pipeline = with_memory(900.0, 1000.0)
    agent.reset(pipeline, Limits(max_replicas=10), np.random.default_rng(0))
    running = Configuration((StageSetting.of("v0", 2, 1),) * 2)
    for step in range(6):
        stages = [stage_window(utilisation=0.0, ready=s.first.replicas) for s in running.stages]
        running = agent.decide(window(running, stages=stages, arrivals_per_s=[5] * 15, start_s=15 * step))
    assert [each.first.replicas for each in running.stages] == [7, 7]


def test_a_profile_may_say_what_a_replica_holds(tmp_path: Path) -> None:
    whole = yaml.safe_load((profiles.FOLDER / "video.yaml").read_text())
    path = tmp_path / "mine.yaml"

    def load(**figures: object) -> Pipeline:
        whole["stages"][0]["variants"][0] |= figures
        path.write_text(yaml.safe_dump(whole))
        return profiles.load_file(path).pipeline

    variant = load(memory_mib=512.5, memory_request_mib=1024.0).stages[0].variants[0]
    assert (variant.memory_mib, variant.memory_request_mib) == (512.5, 1024.0)
    with pytest.raises(InputError, match=r"variants.0.memory_mib: 0\.0: Input should be greater than 0"):
        load(memory_mib=0.0)
    with pytest.raises(InputError, match=r"memory_request_mib needs memory_mib"):
        load(memory_mib=None)


def test_shipped_profiles_have_no_figures_of_memory_that_nobody_measured() -> None:
    """The papers measured none; of the digits it is known what their processes hold, and nothing is requested."""
    for name in profiles.names():
        variants = [variant for stage in profiles.load(name).pipeline.stages for variant in stage.variants]
        assert all((each.memory_mib is not None) == (name == "digits") for each in variants)
        assert all(each.memory_request_mib is None for each in variants)
