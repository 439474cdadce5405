"""Replicas as pods: manifests, the protocol, and the whole backend before a stub of the API server.

What runs on a real control plane is in `test_kubernetes_live.py`.
"""

import json
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("kubernetes", reason="the backend kubernetes needs the extra `kubernetes`")

from ipagym.cli import main
from ipagym.cluster import contract
from ipagym.cluster.backends import live_cluster
from ipagym.cluster.contract import Subject, small_scenario
from ipagym.cluster.kubernetes import lease
from ipagym.cluster.kubernetes.access import can_resize
from ipagym.cluster.kubernetes.demand import Tenant, wanted_pools
from ipagym.cluster.kubernetes.manifests import Pool, Wanted, deployment, rbac, resize, resources
from ipagym.cluster.kubernetes.names import slug
from ipagym.cluster.kubernetes.pods import pod_of
from ipagym.cluster.live import LiveCluster, rehearsal
from ipagym.cluster.live.children.v2 import Body, answers_in, asked_in, request, response
from ipagym.cluster.live.children.v2_server import Server
from ipagym.model.configuration import Configuration
from ipagym.system.errors import InputError
from tests.kubernetes_stub import StubServer, resource_list, stub
from tests.live_scenarios import live_scenario
from tests.test_live import eventually
from tests.tiny import setting

SMALL, LARGE = Pool("digits", "find", "det-s8"), Pool("digits", "find", "det-s4")

PACED = {"module": "detector", "settings": {"stride": 8}, "core_share": 0.05}


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubServer]:
    with stub(tmp_path) as (server, kubeconfig):
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
        yield server


@contextmanager
def running(**changes: Any) -> Iterator[LiveCluster]:
    cluster = live_cluster("kubernetes-rehearsal", live_scenario((20.0,) * 60, setting(2), setting(1), **changes))
    with closing(cluster):
        cluster.reset(1)
        yield cluster


def is_empty(api: StubServer) -> bool:
    return not any((api.pods, api.deployments, api.leases))


def test_a_name_is_one_that_kubernetes_takes_and_stays_apart_from_others() -> None:
    assert slug("det-s8") == "det-s8"
    assert slug("Det_S8") != slug("det-s8") != slug("det.s8") != slug("Det_S8")
    for odd in ("Det_S8", "…", "x" * 99, "-a-"):
        assert slug(odd).replace("-", "").isalnum()
        assert slug(odd) == slug(odd).lower().strip("-")
        assert len(slug(odd)) <= 45


def test_the_deployment_of_a_pool() -> None:
    labels = """
      app.kubernetes.io/managed-by: ipagym
      app.kubernetes.io/part-of: digits
      app.kubernetes.io/name: ipagym-digits-find-det-s8
      ipagym/stage: find
      ipagym/variant: det-s8"""
    made = deployment(SMALL, Wanted(2, 4, PACED), "image:1")
    container = made["spec"]["template"]["spec"]["containers"][0]
    env = {each["name"]: each.get("value", each.get("valueFrom")) for each in container.pop("env")}
    assert container.pop("command")[:3] == ["python", "-P", "-c"]
    assert json.loads(env["IPAGYM_MODEL"]) == PACED
    assert env["POD_IP"] == {"fieldRef": {"fieldPath": "status.podIP"}}
    assert made == yaml.safe_load(f"""
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ipagym-digits-find-det-s8
  labels:{labels}
spec:
  replicas: 2
  revisionHistoryLimit: 1
  strategy: {{type: RollingUpdate, rollingUpdate: {{maxSurge: 100%, maxUnavailable: 0}}}}
  selector: {{matchLabels: {{app.kubernetes.io/name: ipagym-digits-find-det-s8}}}}
  template:
    metadata:
      annotations: {{ipagym/cores: "4"}}
      labels: {{{", ".join(line.strip() for line in labels.split(chr(10)) if line.strip())}}}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      containers:
      - name: model
        image: image:1
        imagePullPolicy: IfNotPresent
        ports: [{{name: v2, containerPort: 8080}}]
        readinessProbe: {{httpGet: {{path: /v2/health/ready, port: 8080}}, periodSeconds: 1, failureThreshold: 3}}
        resources: {{requests: {{cpu: 200m}}}}
        terminationMessagePolicy: FallbackToLogsOnError
        securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
""")


def test_cores_are_quantities_as_the_api_server_writes_them() -> None:
    assert resources(PACED, 1) == {"requests": {"cpu": "50m"}}
    assert resources(PACED, 20) == {"requests": {"cpu": "1"}}
    assert resources({"module": "sleeper"}, 2) == {"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}
    [patched] = resize({"module": "sleeper"}, 3)["spec"]["containers"]
    assert patched == {"name": "model", "resources": {"requests": {"cpu": "3"}, "limits": {"cpu": "3"}}}


def tenant(number: int, pool: Pool) -> Tenant:
    silent: Any = lambda *_: None  # noqa: E731
    return Tenant(number=number, pool=pool, model=PACED, on_ready=silent, on_answers=silent, on_end=silent)


def test_pods_are_wanted_for_replicas() -> None:
    both = [(tenant(0, SMALL), 1), (tenant(1, SMALL), 1), (tenant(2, LARGE), 1)]
    first = wanted_pools(both, {}, in_place=False)
    assert first == {SMALL: Wanted(2, 1, PACED), LARGE: Wanted(1, 1, PACED)}
    assert wanted_pools(both[2:], first, in_place=False)[SMALL] == Wanted(0, 1, PACED)


def test_other_cores_are_a_new_template_or_come_afterwards() -> None:
    before = {SMALL: Wanted(2, 1, PACED)}
    old = [(tenant(0, SMALL), 1), (tenant(1, SMALL), 1)]
    assert wanted_pools([*old, (tenant(2, SMALL), 4)], before, in_place=False) == {SMALL: Wanted(1, 4, PACED)}
    resized = [(each, 4) for each, _ in old]
    assert wanted_pools(resized, before, in_place=True) == before
    assert wanted_pools(resized, {SMALL: Wanted(0, 1, PACED)}, in_place=True) == {SMALL: Wanted(2, 4, PACED)}


def of_model(kind: str, fields: Any) -> Any:
    """What the client makes of an answer."""
    from kubernetes.client import ApiClient

    return ApiClient().deserialize(json.dumps(fields), kind, None)


@pytest.mark.parametrize("has_resize", [True, False])
def test_whether_cores_can_change_is_looked_up(has_resize: bool) -> None:
    assert can_resize(of_model("V1APIResourceList", resource_list(has_resize=has_resize))) is has_resize


def pod(**status: Any) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": SMALL.name}
    metadata = {"name": "p", "labels": labels, "annotations": {"ipagym/cores": "2"}}
    container = {"name": "model", "resources": {"requests": {"cpu": "100m"}}}
    return {"metadata": metadata, "spec": {"containers": [container]}, "status": status}


def test_what_a_pod_is_like() -> None:
    ready = pod(podIP="10.0.0.7", conditions=[{"type": "Ready", "status": "True"}])
    found = pod_of(of_model("V1Pod", ready))
    assert (found.pool, found.address, found.cores, found.cpu) == (SMALL.name, "10.0.0.7", 2, "100m")
    assert found.is_ready
    assert not found.is_leaving
    ready["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert pod_of(of_model("V1Pod", ready)).is_leaving
    crowded = pod(conditions=[{"type": "PodScheduled", "status": "False", "message": "0/1 nodes: Insufficient cpu."}])
    assert "Insufficient cpu" in pod_of(of_model("V1Pod", crowded)).waits_for


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}, "no such image"),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, ""),
        ({"restartCount": 2, "lastState": {"terminated": {"exitCode": 1, "message": "a\nValueError: b"}}}, ""),
        ({"restartCount": 3, "lastState": {"terminated": {"exitCode": 1, "message": "a\nValueError: b"}}}, "Error: b"),
    ],
)
def test_why_a_pod_cannot_start(status: dict[str, Any], reason: str) -> None:
    container = {"name": "model", "image": "i", "imageID": "", "ready": False, "restartCount": 0, **status}
    trouble = pod_of(of_model("V1Pod", pod(containerStatuses=[container]))).trouble
    assert trouble.endswith(reason)
    assert bool(trouble) is bool(reason)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=9), st.integers(1, 64))
def test_batches_survive_the_protocol(items: list[bytes], cores: int) -> None:
    sent = request(items, cores)
    asked = asked_in(sent.content, sent.json_bytes)
    assert (asked.items, asked.cores, asked.is_binary) == (items, cores, True)
    for is_binary in (True, False):
        back = response("m", items, is_binary=is_binary)
        assert answers_in(back.content, back.json_bytes) == items


def asked_of(server: Server, path: str, body: Body | None = None) -> tuple[int, dict[str, Any]]:
    url = f"http://127.0.0.1:{server.server_port}{path}"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=None if body is None else body.content)) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_a_server_speaks_json_as_well_and_says_what_is_wrong() -> None:
    server = Server(("127.0.0.1", 0), "m")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with server:
        tensor = {"name": "input", "shape": [2], "datatype": "BYTES", "data": ["é", "b"]}
        asked = Body(json.dumps({"inputs": [tensor]}).encode(), 0)
        assert asked_of(server, "/v2/health/live")[0] == 200
        assert asked_of(server, "/v2/health/ready")[0] == asked_of(server, "/v2/models/m/infer", asked)[0] == 503
        server.model = lambda items, cores: [item * 2 for item in items]
        assert asked_of(server, "/v2/models/m/ready")[0] == 200
        assert asked_of(server, "/v2/models/m")[1]["inputs"][0]["datatype"] == "BYTES"
        assert asked_of(server, "/v2/models/m/infer", asked)[1]["outputs"][0]["data"] == ["éé", "bb"]
        assert asked_of(server, "/v2/models/m/infer", Body(b"{}", 0)) == (400, {"error": "no tensor of bytes in inputs: KeyError('inputs')"})  # fmt: skip  # noqa: E501
        assert asked_of(server, "/v2/models/other/infer", asked)[0] == asked_of(server, "/none")[0] == 404
        server.shutdown()


@pytest.mark.parametrize("check", [contract.check_replicas, contract.check_variant], ids=lambda check: check.__name__)
def test_contract_before_a_stub(api: StubServer, check: Callable[[Subject], None]) -> None:
    check(Subject(make=partial(live_cluster, "kubernetes-rehearsal")))
    assert is_empty(api)


@pytest.mark.parametrize("has_resize", [True, False])
def test_cores_change_in_place_where_the_server_can_and_by_a_rollout_elsewhere(
    api: StubServer, has_resize: bool
) -> None:
    api.has_resize = has_resize
    made: list[set[str]] = []

    def make(scenario: Any) -> LiveCluster:
        cluster = live_cluster("kubernetes-rehearsal", scenario)
        apply = cluster.apply

        def noting(configuration: Any) -> None:
            made.append(set(api.pods))
            apply(configuration)

        cluster.apply = noting  # type: ignore[method-assign]
        return cluster

    contract.check_in_place(Subject(make=make))
    resized = [path for method, path in api.asked if path.endswith("/resize")]
    [before] = made
    created = {event["object"]["metadata"]["name"] for event in api.events if event["type"] == "ADDED"}
    last = {event["object"]["metadata"]["name"]: event["object"]["spec"]["containers"][0] for event in api.events}
    cpus = sorted(last[name]["resources"]["requests"]["cpu"] for name in (before if has_resize else created))
    assert bool(resized) is has_resize
    assert (created == before) is has_resize, "pods are replaced where they cannot be resized, and only there"
    assert cpus == (["1", "2"] if has_resize else ["1", "1", "2"])


def test_a_pod_that_is_evicted_serves_until_another_takes_its_place(api: StubServer) -> None:
    with running() as cluster:
        windows = [cluster.advance(0.3)]
        for name in list(api.pods):
            with api.changed:
                api.leave(api.pods[name])
                api.reconcile()
        windows += [cluster.advance(0.3) for _ in range(3)]
        assert eventually(lambda: len(api.pods) == 3)
        windows.append(cluster.drain(5.0))
    assert all(stage.ready for window in windows for stage in window.stages)
    assert sum(window.arrivals for window in windows) == sum(window.completed for window in windows) > 0


def test_a_server_that_ends_costs_no_request(api: StubServer) -> None:
    with running() as cluster:
        windows = [cluster.advance(0.3)]
        server = api.servers[next(iter(api.pods))]
        for client in list(server.clients):
            client.connection.close()  # type: ignore[attr-defined]
            client.connection.shutdown(2) if client.connection.fileno() >= 0 else None  # type: ignore[attr-defined]
        windows += [cluster.advance(0.3) for _ in range(2)]
        windows.append(cluster.drain(5.0))
    assert sum(window.arrivals for window in windows) == sum(window.completed for window in windows) > 0


def test_what_a_killed_controller_left_is_taken_over(api: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "LASTS_S", 1)
    scenario = live_scenario((20.0,) * 60, setting(2), setting(1))
    program = rehearsal(scenario.pipeline)
    first = scenario.pipeline.stages[0]
    kept = Pool(scenario.pipeline.name, first.name, first.variants[0].name)
    other = Pool(scenario.pipeline.name, first.name, "gone")
    for pool in (kept, other):
        model = program.model(first.name, first.variants[0].name)
        api.deployments[pool.name] = deployment(pool, Wanted(2, 1, model), "ipagym:latest")
    with api.changed:
        api.reconcile()
    before = {name for name in api.pods if name.startswith(kept.name)}
    api.leases[f"ipagym-{slug(scenario.pipeline.name)}"] = {"metadata": {"resourceVersion": "7"}, "spec": {"holderIdentity": "killed"}}  # fmt: skip  # noqa: E501
    with running():
        assert before <= set(api.pods), "what runs as it should is not started anew"
        assert other.name not in api.deployments
    assert is_empty(api)


def test_a_second_controller_is_refused_and_leaves_the_first_alone(
    api: StubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEWED_S", 0.2)
    with running() as first:
        with pytest.raises(InputError, match="has a controller"), running():
            pass
        assert first.advance(0.5).completed
        assert len(api.pods) == 3


VERBS = {"GET": "list", "POST": "create", "PATCH": "patch", "DELETE": "delete", "PUT": "update"}


def test_the_role_has_what_is_asked_and_no_more(api: StubServer) -> None:
    api.has_resize = True
    with closing(live_cluster("kubernetes-rehearsal", small_scenario())) as cluster:
        cluster.reset(1)
        first, second = cluster.configuration.stages
        cluster.apply(Configuration((first.turned(replicas=2, cores=2), second)))
        assert eventually(lambda: any(path.endswith("resize") for _, path in api.asked))
        cluster.apply(cluster.scenario.initial)
        assert eventually(lambda: len(api.pods) == 2)
    asked = {"pods/watch"}
    for method, path in api.asked:
        kind, *rest = path.partition("/namespaces/default/")[2].split("/")
        if kind:
            verb = {"GET": "get", "DELETE": "delete"}.get(method, VERBS[method]) if rest else VERBS[method]
            verb = "deletecollection" if method == "DELETE" and not rest else verb
            asked.add(f"{'/'.join([kind, *rest[1:]])}/{verb}")
    role = next(each for each in yaml.safe_load_all(rbac("default")) if each["kind"] == "Role")
    may = {f"{resource}/{verb}" for rule in role["rules"] for resource in rule["resources"] for verb in rule["verbs"]}
    assert asked <= may
    assert may - asked <= {"deployments/delete", "deployments/patch", "leases/update"}, "which this run may not need"


def test_it_is_refused_in_one_line_what_cannot_be(
    api: StubServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", "video", "--backend", "kubernetes-rehearsal", "--agents", "static-min"]

    def refused() -> str:
        assert main(command) == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        return said

    api.forbidden = ("deployments",)
    assert "ipagym cannot POST deployments: apply the role of `ipagym kubernetes rbac`" in refused()
    monkeypatch.setenv("IPAGYM_KUBERNETES_NAMESPACE", "elsewhere")
    api.forbidden = ()
    assert "there is no namespace elsewhere" in refused()
    monkeypatch.setenv("IPAGYM_KUBERNETES_CONTEXT", "y")
    assert "the kubeconfig has no context y, but x" in refused()
    monkeypatch.delenv("IPAGYM_KUBERNETES_CONTEXT")
    api.server_close()
    api.shutdown()
    assert "cannot be reached" in refused()
    monkeypatch.setenv("KUBECONFIG", "/nowhere")
    assert "no Kubernetes cluster is configured in /nowhere" in refused()
    monkeypatch.setitem(sys.modules, "kubernetes.client", None)
    assert 'pip install "ipagym[kubernetes]"' in refused()


def test_a_plan_is_checked_and_shown_and_nothing_is_changed(
    api: StubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kubernetes", "plan", "video", "--backend", "kubernetes-rehearsal"]) == 0
    shown = list(yaml.safe_load_all(capsys.readouterr().out))
    assert [each["kind"] for each in shown] == ["Deployment"] * 2
    assert ("POST", "/apis/apps/v1/namespaces/default/deployments") in api.asked
    assert not api.deployments
    assert main(["kubernetes", "plan", "video", "--backend", "local"]) == 2
    assert "choose kubernetes or kubernetes-rehearsal" in capsys.readouterr().err
    assert main(["kubernetes", "rbac", "--namespace", "serving"]) == 0
    assert {each["metadata"]["namespace"] for each in yaml.safe_load_all(capsys.readouterr().out)} == {"serving"}


def test_scenarios_of_the_contract_have_names_of_their_own() -> None:
    stages = small_scenario().pipeline.stages
    names = {Pool("contract", stage.name, variant.name).name for stage in stages for variant in stage.variants}
    assert len(names) == 4
