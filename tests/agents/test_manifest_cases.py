"""Collected manifests and scenarios: each is read right, or refused in one line that names file, place and remedy."""

from functools import cache
from pathlib import Path

import pytest

from ipagym.agents.autoscalers.hpa import HpaSettings, Metric
from ipagym.agents.autoscalers.hpa_behavior import Behavior, Direction, Policy, default_down, default_up
from ipagym.agents.autoscalers.hpa_rule import Tolerance
from ipagym.agents.autoscalers.keda import KedaSettings, Trigger
from ipagym.agents.autoscalers.manifests.control import Settings
from ipagym.agents.autoscalers.manifests.plan import plan_of
from ipagym.agents.autoscalers.manifests.read import read_manifests
from ipagym.envs.scenarios import make_scenario
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the collected manifests are not here")


@cache
def video() -> Scenario:
    return make_scenario("video", "constant:3:60")


def on_cpu(target: float, least: int, most: int, behavior: Behavior | None = None, down: float = 0.1) -> HpaSettings:
    metrics = (Metric(target=target),)
    tolerance = Tolerance(down=down)
    return HpaSettings(
        metrics=metrics, min_replicas=least, max_replicas=most, behavior=behavior, tolerance=tolerance
    )  # fmt: skip


def on_requests(target: float) -> HpaSettings:
    return HpaSettings(metrics=(Metric(source="rps", target=target),), max_replicas=8)


SLOW_UP = Direction(window_s=0, policies=(Policy(period_s=30, pods=1), Policy(percent=100)), select="Min")
CAREFUL = Behavior(up=SLOW_UP, down=Direction(window_s=300, policies=default_down().policies, select="Disabled"))
TOTAL = Metric(source="rps", target=12.0, scope="all", whole=True)

READ: dict[str, Settings] = {
    "HPA.YAML": on_cpu(0.5, 1, 10),
    "hpa@v2.yaml": on_cpu(0.5, 1, 10),
    "hpa-manifest": on_cpu(0.5, 1, 10),
    "hpa/container.yaml": HpaSettings(
        metrics=(Metric(target=0.7), Metric(source="in_flight", target=4.0)), max_replicas=5
    ),
    "hpa/cpu-500m.yaml": HpaSettings(
        metrics=(Metric(source="cpu_cores", target=0.5),), max_replicas=8, behavior=CAREFUL
    ),
    "hpa/crlf-bom.yaml": on_cpu(0.5, 1, 10),
    "hpa/crlf.yaml": on_cpu(0.95, 2, 4),
    "hpa/disabled.yaml": on_cpu(0.5, 1, 8, CAREFUL),
    "hpa/external.yaml": HpaSettings(metrics=(TOTAL,), max_replicas=8),
    "hpa/flow.yaml": on_cpu(0.5, 1, 10),
    "hpa/list.yaml": on_cpu(0.5, 1, 5, Behavior(up=default_up(), down=default_down())),
    "hpa/no-metrics.yaml": on_cpu(0.8, 1, 8),
    "hpa/q-0.5.yaml": on_requests(0.5),
    "hpa/q-1500.yaml": on_requests(1500.0),
    "hpa/q-1_000.yaml": on_requests(1000.0),  # a number without quotes, of which YAML 1.1 leaves the _ out
    "hpa/q-1e3.yaml": on_requests(1000.0),
    "hpa/q-1k.yaml": on_requests(1000.0),
    "hpa/q-500m.yaml": on_requests(0.5),
    "hpa/q-50Mi.yaml": on_requests(50 * 2.0**20),
    "hpa/q-p3.yaml": on_requests(3.0),
    "hpa/scaledobject.yaml": KedaSettings(
        triggers=(Trigger(Metric(source="rps", target=20.0, scope="all")),), max_replicas=10, polling_s=15.0
    ),
    "hpa/separators.yaml": on_cpu(0.5, 1, 10),
    "hpa/tolerance-zero.yaml": on_cpu(0.5, 1, 8, Behavior(up=SLOW_UP, down=default_down()), down=0.0),
    "hpa/v1.yaml": on_cpu(0.55, 1, 4),
    "hpa/v2beta1.yaml": HpaSettings(
        metrics=(Metric(target=0.8), Metric(source="queue", target=1000.0)), max_replicas=4
    ),
    "hpa/v2beta2.yaml": on_cpu(0.95, 2, 4),
    "hpa/whole-app.yaml": HpaSettings(metrics=(Metric(source="queue", target=3.0),), max_replicas=6),
}
REFUSED = {
    "hpa/anchors.yaml": "line 9: .*aliases are not supported: write the value again",
    "hpa/behavior-twice.yaml": "line 12: .*behavior appears twice",
    "hpa/big-min.yaml": "document 1: spec.minReplicas: 40 is more than the scenario's max_replicas, 10: lower it",
    "hpa/cpu-and-memory.yaml": r"document 1: spec.metrics.1.resource: the profile has no memory_mib .*--ignore-metric",
    "hpa/helm.yaml": "line 1: not valid YAML .*give what helm template prints",
    "hpa/min-above-max.yaml": r"document 1: spec.maxReplicas must be minReplicas \(9\) or more, not 4",
    "hpa/min-zero.yaml": "document 1: spec.minReplicas must be 1 or more, not 0",
    "hpa/no-spec.yaml": "document 1: spec: Field required",
    "hpa/over-100.yaml": "document 1: spec.metrics.0.*averageUtilization: 150 is never reached.*give 1..100",
    "hpa/q--1.yaml": "document 1: spec.metrics.0.pods.target.averageValue: a target must be above 0, not -1",
    "hpa/q-0.yaml": "document 1: spec.metrics.0.pods.target.averageValue: a target must be above 0, not 0",
    "hpa/q-1s000.yaml": "averageValue: '1 000' is not a quantity such as 500m",
    "hpa/tolerance-percent.yaml": "scaleDown.tolerance: '5%' is not a number: write 5 % as 0.05",
    "hpa/two-stages.yaml": "document 1: spec.scaleTargetRef.name: unknown stage 'detection': choose one of: classif",
    "hpa/typo.yaml": "spec.scaleTargetRef.name: unknown stage 'clasification': did you mean 'classification'",
    "hpa/utf16.yaml": "not a YAML text file, as it is UTF-16: save it as UTF-8",
    "hpa/vllm.yaml": "metrics.0.pods.metric.name: unknown metric 'vllm:num_requests_waiting': choose one of",
}


def test_every_collected_manifest_is_among_these() -> None:
    files = [path for path in (*CASES.glob("hpa/*"), *CASES.glob("hpa*"), *CASES.glob("HPA*")) if path.is_file()]
    known = {path.relative_to(CASES).as_posix() for path in files if path.suffix != ".py"}
    assert known == set(READ) | set(REFUSED)


@pytest.mark.parametrize("name", READ)
def test_a_collected_manifest_is_read(name: str) -> None:
    task = video()
    plan = plan_of(read_manifests(CASES / name), task.pipeline, task.limits)
    assert plan.settings == {"crop": (READ[name],), "classification": (READ[name],)}
    assert plan.turns == {"replicas"}
    assert any("'api' is no stage: it scales all (crop, classification)" in note for note in plan.notes)


@pytest.mark.parametrize("name", REFUSED)
def test_a_collected_manifest_is_refused_in_a_line(name: str) -> None:
    task = video()
    with pytest.raises(InputError, match=f"^{Path(name).name}: .*{REFUSED[name]}") as refused:
        plan_of(read_manifests(CASES / name), task.pipeline, task.limits)
    assert "\n" not in str(refused.value)


def test_the_commonest_form_is_read_without_its_memory() -> None:
    task = video()
    manifests = read_manifests(CASES / "hpa/cpu-and-memory.yaml", ignore_metrics=["memory"])
    plan = plan_of(manifests, task.pipeline, task.limits)
    assert plan.settings["crop"] == (on_cpu(0.65, 2, 8),)
    assert (plan.name, plan.notes[0]) == ("api-hpa", "metrics left out as asked: memory")


ONE = ("one", "constant", 6.0)
SCENARIOS = {
    "dd-poisson-constant": (*ONE, "poisson", "constant", 1),
    "dd-uniform-constant": (*ONE, "uniform", "constant", 1),
    "dd-uniform-exponential": (*ONE, "uniform", "exponential", 1),
    "dd1": (*ONE, "uniform", "constant", 1),
    "deep": ("one", "constant", 10.0, "poisson", "measured", 1),
    "mmk": ("one", "constant", 100.0, "poisson", "exponential", 2),
    "one-profile": ("one", "bursty", 10.0, "poisson", "measured", 6),
    "impossible": "impossible.yaml: stage serve starts without a replica: .*give more node_cores, or another initial",
    "impossible2": "impossible2.yaml: stage classification starts without a replica: .*give more node_cores",
    "net": "net.yaml: no bandwidth trace .*FILE: give the path of a text file",
}


def test_every_collected_scenario_is_among_these() -> None:
    assert {path.stem for path in CASES.glob("scen/*")} == set(SCENARIOS)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_collected_scenario_is_read_or_refused_in_a_line(name: str) -> None:
    path, expected = CASES / "scen" / f"{name}.yaml", SCENARIOS[name]
    if isinstance(expected, str):
        with pytest.raises(InputError, match=f"^{expected}") as refused:
            make_scenario(str(path))
        assert "\n" not in str(refused.value)
        return
    task = make_scenario(str(path))
    found = (task.pipeline.name, task.workload.name, task.interval_s, task.physics.arrivals, task.physics.service)
    assert (*found, task.initial.first_deployments[0].replicas) == expected
