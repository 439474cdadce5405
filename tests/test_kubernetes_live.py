"""The backend kubernetes on a real control plane, where one runs: `scripts/kubernetes_up.sh`, or another by
`IPAGYM_TEST_KUBECONFIG` (whose node is a process kubelet of this machine: servers are killed here).
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import yaml

pytest.importorskip("kubernetes", reason="the backend kubernetes needs the extra `kubernetes`")

from ipagym.cluster import contract
from ipagym.cluster.backends import live_cluster
from ipagym.cluster.contract import Subject, small_scenario
from ipagym.cluster.kubernetes.access import Access, access
from ipagym.cluster.kubernetes.cluster import cluster_on
from ipagym.cluster.kubernetes.manifests import rbac
from ipagym.cluster.kubernetes.settings import Settings, settings_of
from ipagym.cluster.live import LiveCluster, rehearsal
from ipagym.cluster.plane.client import adopted, started
from ipagym.cluster.plane.messages import Order
from ipagym.model.configuration import Configuration
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario
from tests.live_scenarios import live_scenario
from tests.test_live import eventually
from tests.tiny import setting

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
KUBECONFIG = os.environ.get("IPAGYM_TEST_KUBECONFIG") or str(CACHE / "ipagym" / "kubernetes" / "run" / "kubeconfig")


@pytest.fixture(scope="module")
def plane() -> Iterator[Access]:
    """A namespace of its own."""
    from kubernetes.client import V1Namespace, V1ObjectMeta

    if not Path(KUBECONFIG).is_file():
        pytest.skip("no control plane runs here: scripts/kubernetes_up.sh starts one")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("KUBECONFIG", KUBECONFIG)
        patched.setenv("IPAGYM_KUBERNETES_NAMESPACE", f"ipagym-test-{token_hex(4)}")
        try:
            found = access(settings_of())
        except InputError as error:
            pytest.skip(str(error))
        found.core.create_namespace(V1Namespace(metadata=V1ObjectMeta(name=found.namespace)))
        try:
            yield found
        finally:
            found.core.delete_namespace(found.namespace)


def left(plane: Access) -> list[str]:
    """What is in the namespace."""
    lists = (
        plane.core.list_namespaced_pod, plane.apps.list_namespaced_deployment,
        plane.apps.list_namespaced_replica_set, plane.coordination.list_namespaced_lease,
    )  # fmt: skip
    return [each.metadata.name for list_of in lists for each in list_of(plane.namespace).items]


def pid_at(address: str) -> int:
    """The process that a pod of that address is."""
    for folder in Path("/proc").iterdir():
        try:
            if f"POD_IP={address}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                return int(folder.name)
        except (OSError, ValueError):
            continue
    raise AssertionError(f"no process has the address {address}")


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_contract(plane: Access, check: Callable[[Subject], None]) -> None:
    check(Subject(make=partial(live_cluster, "kubernetes-rehearsal")))
    assert eventually(lambda: not left(plane))


def test_a_killed_server_costs_no_request_and_is_started_anew(plane: Access) -> None:
    scenario = live_scenario((40.0,) * 60, setting(2), setting(1))
    with closing(live_cluster("kubernetes-rehearsal", scenario)) as cluster:
        cluster.reset(1)
        windows = [cluster.advance(0.5)]
        for pod in plane.core.list_namespaced_pod(plane.namespace).items:
            os.kill(pid_at(pod.status.pod_ip), signal.SIGKILL)
        windows.append(cluster.advance(0.5))
        while windows[-1].stages[0].starting or windows[-1].stages[1].starting:
            windows.append(cluster.advance(0.5))
            assert len(windows) < 60
        restarts = plane.core.list_namespaced_pod(plane.namespace).items
        windows.append(cluster.drain(10.0))
    assert [pod.status.container_statuses[0].restart_count for pod in restarts] == [1, 1, 1]
    assert sum(window.arrivals for window in windows) == sum(window.completed for window in windows) > 0


def test_a_plane_on_kubernetes_outlives_its_controller(plane: Access, tmp_path: Path) -> None:
    scenario = live_scenario((20.0,) * 60, setting(1), setting(1), interval_s=0.5)
    order = Order(scenario=scenario, backend="kubernetes-rehearsal", seed=3, orphan_limit_s=30.0)
    first = started(tmp_path, order)
    windows = [first.advance(0.5)]
    pods = {pod.metadata.name for pod in plane.core.list_namespaced_pod(plane.namespace).items}
    first._stream.close()
    with closing(adopted(tmp_path, order)) as second:
        windows += [*second.overdue(0.5), second.drain(10.0)]
        assert {pod.metadata.name for pod in plane.core.list_namespaced_pod(plane.namespace).items} == pods
    seen = {window.end_s: window for window in windows}
    assert sum(each.arrivals for each in seen.values()) == sum(each.completed for each in seen.values()) > 0
    assert eventually(lambda: not left(plane))


def test_the_role_is_enough_and_no_more(plane: Access) -> None:
    from kubernetes import client, utils

    api = plane.client
    utils.create_from_yaml(api, yaml_objects=list(yaml.safe_load_all(rbac(plane.namespace))))
    limited = client.ApiClient(api.configuration)
    limited.set_default_header("Impersonate-User", f"system:serviceaccount:{plane.namespace}:ipagym")
    as_limited = Access(client=limited, namespace=plane.namespace, has_resize=plane.has_resize)

    def make(scenario: Scenario) -> LiveCluster:
        return cluster_on(as_limited, Settings(), scenario, rehearsal(scenario.pipeline))

    contract.check_in_place(Subject(make=make))
    assert eventually(lambda: not [name for name in left(plane) if name.startswith("ipagym-contract")])
    for verb, group, resource, expected in (
        ("create", "apps", "deployments", True),
        ("patch", "", "pods/resize", True),
        ("update", "coordination.k8s.io", "leases", True),
        ("create", "", "pods", False),
        ("delete", "", "pods", False),
        ("get", "", "secrets", False),
        ("update", "apps", "deployments", False),
        ("list", "", "nodes", False),
    ):
        name, _, sub = resource.partition("/")
        asked: dict[str, Any] = {"verb": verb, "group": group, "resource": name, "namespace": plane.namespace}
        review: Any = {"spec": {"resourceAttributes": asked | ({"subresource": sub} if sub else {})}}
        answer: Any = client.AuthorizationV1Api(limited).create_self_subject_access_review(review)
        assert answer.status.allowed is expected, (verb, resource)


def test_without_the_role_it_is_refused(plane: Access) -> None:
    from kubernetes import client

    nobody = client.ApiClient(plane.client.configuration)
    nobody.set_default_header("Impersonate-User", "nobody")
    without = Access(client=nobody, namespace=plane.namespace, has_resize=False)
    scenario = small_scenario()
    with pytest.raises(InputError, match="ipagym kubernetes rbac"):
        cluster_on(without, Settings(), scenario, rehearsal(scenario.pipeline))


def test_more_than_fits_is_told(plane: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    from ipagym.cluster.live import cluster as live
    from ipagym.system.errors import IpagymError

    monkeypatch.setattr(live, "PATIENCE_S", 3.0)
    scenario = small_scenario()
    program = rehearsal(scenario.pipeline)
    huge = type(program)(model=lambda *names: {**program.model(*names), "core_share": 500.0}, input=program.input)
    with (
        closing(cluster_on(plane, Settings(), scenario, huge)) as cluster,
        pytest.raises(IpagymError, match="Insufficient cpu"),
    ):
        cluster.reset(1)


def test_a_model_that_cannot_be_loaded_is_told(plane: Access) -> None:
    from ipagym.system.errors import IpagymError

    scenario = small_scenario()
    broken = type(rehearsal(scenario.pipeline))(
        model=lambda *names: {"module": "none_such", "settings": {}}, input=lambda number: b""
    )
    with (
        closing(cluster_on(plane, Settings(), scenario, broken)) as cluster,
        pytest.raises(IpagymError, match="cannot be started: ModuleNotFoundError"),
    ):
        cluster.reset(1)


def test_a_configuration_is_what_runs(plane: Access) -> None:
    scenario = small_scenario()
    with closing(live_cluster("kubernetes-rehearsal", scenario)) as cluster:
        cluster.reset(1)
        first, second = scenario.initial.stages
        cluster.apply(Configuration((first.turned(replicas=3), second)))
        name = "ipagym-contract-first-first-small"
        found: Any = partial(plane.apps.read_namespaced_deployment, name, plane.namespace)
        assert eventually(lambda: found().status.ready_replicas == found().spec.replicas == 3)
        assert sys.platform == "linux"
