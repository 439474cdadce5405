"""Every reader of outside input, with what to feed it: each may answer, or refuse with an `InputError`."""

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import strategies as st

from ipagym import profiles
from ipagym.agents import AGENTS, make_agent
from ipagym.agents.autoscalers.hpa_agent import hpa_of_manifest
from ipagym.agents.autoscalers.manifests.plan import plan_of
from ipagym.agents.autoscalers.manifests.read import read_manifests
from ipagym.agents.learned.checkpoint import load_checkpoint
from ipagym.agents.learned.recipe import recipe_for
from ipagym.bench.episode import run_episode
from ipagym.bench.solver_speed import parse_sizes
from ipagym.bench.storage.manifest import FILE_NAME, check_folder, make_manifest, write_manifest
from ipagym.bench.storage.store import Store, Stored
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs import make_scenario
from ipagym.envs.scenario_file import load_scenario
from ipagym.forecast.linear_quantile import SHIPPED as COEFFICIENTS
from ipagym.forecast.linear_quantile import load_coefficients
from ipagym.forecast.lstm import SHIPPED, load_weights
from ipagym.system.errors import InputError
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from ipagym.workload import WORKLOADS, by_name
from ipagym.workload.generators import Constant
from ipagym.workload.network import bandwidth_trace, network_by_name
from ipagym.workload.recorded.reader import read_workload
from ipagym.workload.trace import load_counts
from tests.test_scenario_file import FULL

VIDEO = (Path(profiles.__file__).parent / "video.yaml").read_text(encoding="utf-8")
ODD_TEXTS = (
    "nan .nan .inf -.inf 1e999 -1 0 null ~ true !!python/object/apply:os.system !!binary &a *a << --- ... ? | > "
    "{ } [ ] : , # % @ ` 0x10 1_000 2026-01-01 \x00 \ufeff \u2028 9999999999999999999999"
).split(" ")


@dataclass(frozen=True, slots=True)
class Target:
    """What to feed a reader, and the reader."""

    inputs: st.SearchStrategy[Any]
    read: Callable[[Any], object]


def outcome(target: Target, given: Any) -> str:
    """Whether the reader took what it was given, or what it complained of, in one line."""
    try:
        target.read(given)
    except InputError as error:
        message = str(error)
        assert len(message.splitlines()) == 1, f"not one line: {message!r}"
        assert len(message) < 2000, f"too long: {message[:200]!r}"
        return "refused"
    return "taken"


def mutated(text: str) -> st.SearchStrategy[str]:
    """The text with some pieces cut, doubled or replaced."""

    @st.composite
    def draw_mutated(draw: st.DrawFn) -> str:
        changed = text
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, len(changed)))
            end = min(len(changed), start + draw(st.integers(0, 40)))
            piece = draw(st.sampled_from(ODD_TEXTS) | st.text(max_size=20) | st.just(changed[start:end] * 2))
            changed = changed[:start] + piece + changed[end:]
        return changed

    return draw_mutated()


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(ODD_TEXTS)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4), max_leaves=8
)


def restructured(text: str) -> st.SearchStrategy[str]:
    """The YAML text with some of its values replaced by any others."""

    @st.composite
    def draw_restructured(draw: st.DrawFn) -> str:
        content = yaml.safe_load(text)
        for _ in range(draw(st.integers(1, 3))):
            node = content
            while isinstance(node, dict | list) and node:
                keys = list(node) if isinstance(node, dict) else list(range(len(node)))
                key = draw(st.sampled_from(keys))
                if not isinstance(node[key], dict | list) or draw(st.booleans()):
                    node[key] = draw(VALUES)
                    break
                node = node[key]
        return str(yaml.safe_dump(content, allow_unicode=True))

    return draw_restructured()


def yaml_texts(text: str) -> st.SearchStrategy[bytes]:
    random_yaml = st.lists(st.sampled_from(ODD_TEXTS) | st.sampled_from(text.split()), max_size=60).map(" ".join)
    texts = mutated(text) | restructured(text) | random_yaml | st.text(max_size=200)
    return texts.map(lambda s: s.encode("utf-8", "surrogatepass")) | st.binary(max_size=200)


def in_a_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def write_and_read(content: bytes) -> object:
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(content)
            return read(path)

    return write_and_read


def archive(member: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:bz2") as file:
        entry = tarfile.TarInfo(member)
        entry.size = len(content)
        file.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


COUNTS = st.lists(st.integers(-5, 2_000_000), max_size=30).map(lambda n: " ".join(map(str, n)).encode())
TRACES = COUNTS | st.binary(max_size=300) | mutated("1 2 3 4 5 6 7 8 9 10").map(lambda s: s.encode("utf-8", "replace"))


TABLES = st.one_of(
    mutated("timestamp,requests\n2024-03-01T10:00:00Z,8\n2024-03-01T10:00:01Z,14\n"),
    mutated('{"timestamp": 0, "input_length": 5, "output_length": 2}\n{"timestamp": 900, "input_length": 1}\n'),
    mutated('{"data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, "2"], [2, "3"]]}]}}'),
    mutated("metric_name,timestamp,metric_value\nhttp_reqs,1595325560,1\nhttp_reqs,1595325561,1\n"),
).map(lambda text: text.encode("utf-8", "replace"))
"""Tables that are nearly sound."""


@st.composite
def archives(draw: st.DrawFn) -> bytes:
    name = draw(st.sampled_from(["workload.txt", "a/workload.txt", "other", "../workload.txt"]))
    return draw(damaged(archive(name, draw(TRACES))))


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content cut, or with some bytes changed, or whole."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(0, 6))):
        if changed:
            changed[draw(st.integers(0, len(changed) - 1))] = draw(st.integers(0, 255))
    return bytes(changed[: draw(st.integers(0, len(changed)) | st.just(len(changed)))])


NUMBERS = st.floats().map(str) | st.integers().map(str) | st.sampled_from(ODD_TEXTS) | st.text(max_size=8)
PARTS = st.lists(NUMBERS, max_size=4).map(":".join)


def spelled(names: list[str]) -> st.SearchStrategy[str]:
    stems = sorted({name.partition(":")[0] for name in names})
    return st.tuples(st.sampled_from(stems), st.sampled_from(["", ":", "::"]), PARTS).map("".join) | st.text(
        max_size=40
    )


@cache
def small() -> Scenario:
    return make_scenario("video", Constant(rate_rps=3.0, duration_s=60))


class Hold:
    def reset(self, *_: Any) -> None: ...

    def decide(self, window: Any) -> Any:
        return window.configuration


@cache
def stored() -> tuple[bytes, bytes]:
    """An episode as it is kept: its windows and its timings."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder), small())
        store.save(run_episode(Hold(), CompiledCluster(small()), small(), 0, name="hold"), "")
        path = store.path("hold", 0)
        return path.read_bytes(), path.with_suffix(".timings.json").read_bytes()


def read_episode(contents: tuple[bytes, bytes]) -> Stored:
    """What is kept of an episode in files of these contents."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder), small())
        path = store.path("hold", 0)
        path.parent.mkdir()
        path.write_bytes(contents[0])
        path.with_suffix(".timings.json").write_bytes(contents[1])
        found = store.find("hold", 0, "")
    if found is None:
        raise InputError("the episode is run again")
    return found


@cache
def manifest() -> str:
    with TemporaryDirectory() as folder:
        write_manifest(Path(folder), make_manifest(small(), {"hold": ""}, [0], None))
        return (Path(folder) / FILE_NAME).read_text(encoding="utf-8")


@cache
def checkpoint() -> bytes:
    import torch

    settings = {"scenario": "video", "workloads": ["bursty"], "seed": 0, "threads": 1, "algorithm": "ppo"}
    card = json.dumps(settings | {"steps_done": 1, "recipe": asdict(recipe_for("ppo", "video"))})
    buffer = io.BytesIO()
    torch.save({"card": card, "parameters": {"policy": {"w": torch.zeros(3)}}, "progress": {}}, buffer)
    return buffer.getvalue()


def read_rules(rules: tuple[str, str]) -> None:
    Physics(arrivals=rules[0], service=rules[1])


RULES = spelled(["poisson", "uniform", "gamma:1", "constant", "exponential", "lognormal:1", "measured"])

SPONGE = (profiles.FOLDER / "sponge-yolov5s.yaml").read_text()

AUTOSCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
spec:
  scaleTargetRef: {kind: Deployment, name: video}
  minReplicas: 2
  maxReplicas: 6
  metrics:
    - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 70}}}
    - {type: Pods, pods: {metric: {name: requests_per_second}, target: {type: AverageValue, averageValue: 500m}}}
  behavior:
    scaleUp: {stabilizationWindowSeconds: 60, policies: [{type: Pods, value: 1, periodSeconds: 60}], tolerance: "0.05"}
    scaleDown: {selectPolicy: Disabled}
"""

SCALED_OBJECT = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: a, annotations: {autoscaling.keda.sh/paused: "false"}}
spec:
  scaleTargetRef: {name: video}
  pollingInterval: 15
  idleReplicaCount: 0
  minReplicaCount: 2
  maxReplicaCount: 6
  fallback: {failureThreshold: 3, replicas: 2}
  advanced: {horizontalPodAutoscalerConfig: {behavior: {scaleDown: {stabilizationWindowSeconds: 60}}}}
  triggers:
    - {type: cpu, metricType: Utilization, metadata: {value: "60"}}
    - {type: prometheus, metadata: {query: "sum(rate(http_requests_total[1m]))", threshold: "20"}}
    - {type: rabbitmq, metadata: {mode: QueueLength, value: "4"}}
"""
VERTICAL = """
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: a}
spec:
  targetRef: {kind: Deployment, name: video}
  updatePolicy: {updateMode: Recreate, minReplicas: 1}
  resourcePolicy: {containerPolicies: [{containerName: a, minAllowed: {cpu: 500m}, maxAllowed: {cpu: 3, memory: 4Gi}}]}
"""
KNATIVE = """
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: video}
spec:
  template:
    metadata:
      annotations: {autoscaling.knative.dev/target: "10", autoscaling.knative.dev/window: 2m0s, autoscaling.knative.dev/minScale: "1"}
    spec: {containerConcurrency: 8}
"""  # noqa: E501
OLD = """
apiVersion: autoscaling/v1
kind: HorizontalPodAutoscaler
metadata:
  name: a
  annotations:
    autoscaling.alpha.kubernetes.io/metrics: '[{"type": "Pods", "pods": {"metricName": "in_flight", "targetAverageValue": "3"}}]'
spec: {scaleTargetRef: {kind: Deployment, name: video}, maxReplicas: 6, targetCPUUtilizationPercentage: 60}
"""  # noqa: E501


def plan_of_file(path: Path) -> object:
    return plan_of(read_manifests(path), small().pipeline, small().limits)


TARGETS = {
    "profile": Target(yaml_texts(VIDEO), in_a_file("own.yaml", profiles.load_file)),
    "scenario": Target(yaml_texts(FULL), in_a_file("mine.yaml", load_scenario)),
    "trace": Target(TRACES, in_a_file("workload.txt", load_counts)),
    "trace archive": Target(archives(), in_a_file("workload.tbz2", load_counts)),
    "workload file": Target(TRACES | archives() | TABLES, in_a_file("load.csv", read_workload)),
    "bandwidth": Target(TRACES, in_a_file("link.txt", bandwidth_trace)),
    "network name": Target(spelled(["4g", "trace:link.txt"]), network_by_name),
    "law": Target(yaml_texts(SPONGE), in_a_file("own.yaml", profiles.load_file)),
    "sizes": Target(spelled(["10x10,50x20"]), parse_sizes),
    "forecaster weights": Target(
        mutated(SHIPPED["ipa"].read_text()[:2000]).map(lambda s: s.encode("utf-8", "surrogatepass"))
        | damaged(SHIPPED["ipa"].read_bytes()),
        in_a_file("weights.json", load_weights),
    ),
    "quantile coefficients": Target(
        mutated(COEFFICIENTS.read_text()).map(lambda s: s.encode("utf-8", "surrogatepass"))
        | damaged(COEFFICIENTS.read_bytes()),
        in_a_file("coefficients.json", load_coefficients),
    ),
    "autoscaler": Target(
        yaml_texts(AUTOSCALER),
        in_a_file("hpa.yaml", lambda path: hpa_of_manifest(path, small().pipeline, small().limits)),
    ),
    "scaled object": Target(yaml_texts(SCALED_OBJECT), in_a_file("keda.yaml", plan_of_file)),
    "vertical autoscaler": Target(yaml_texts(VERTICAL), in_a_file("vpa.yaml", plan_of_file)),
    "knative service": Target(yaml_texts(KNATIVE), in_a_file("knative.yaml", plan_of_file)),
    "old autoscaler": Target(yaml_texts(OLD), in_a_file("old.yaml", plan_of_file)),
    "workload name": Target(spelled(list(WORKLOADS)), by_name),
    "agent name": Target(spelled(list(AGENTS)), lambda spec: make_agent(spec, small())),
    "rule": Target(st.tuples(RULES, RULES), read_rules),
    "stored episode": Target(
        st.deferred(lambda: st.tuples(damaged(stored()[0]), damaged(stored()[1]))), read_episode
    ),
    "manifest": Target(
        st.deferred(lambda: mutated(manifest()).map(lambda s: s.encode("utf-8", "surrogatepass")) | st.binary()),
        in_a_file(FILE_NAME, lambda path: check_folder(path.parent, small())),
    ),
    "checkpoint": Target(st.deferred(lambda: damaged(checkpoint())), in_a_file("last.pt", load_checkpoint)),
}  # fmt: skip
