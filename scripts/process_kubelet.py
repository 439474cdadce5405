"""A small process that plays the kubelet: pods bound to its node run as local processes, for tests and laptops.

Usage: python scripts/process_kubelet.py KUBECONFIG FOLDER [--node NAME] [--cpu CORES]

Each pod gets an address of its own in 127.0.0.0/8 and one container, whose command runs on this machine as it is: no
image is pulled, nothing is isolated. `python` is the interpreter that runs this. Containers that end are started anew.
The readiness probe (httpGet) is made; resources are not enforced. FOLDER has a log for each pod.
"""

import argparse
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from urllib3.exceptions import HTTPError

LOOK_S = 0.02
HEART_S = 10.0
READY_EVERY_S = 1.0
BACKOFF_S = 0.2
LAST_WORDS = 400
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)  # loaded before any process is forked


@dataclass(slots=True, eq=False)
class Running:
    """A pod and its process."""

    pod: Any
    address: str
    process: subprocess.Popen[bytes] | None = None
    started_at: str = ""
    restarts: int = 0
    begin_s: float = 0.0
    probe_s: float = 0.0
    is_ready: bool = False
    last_end: dict[str, Any] | None = None
    kill_s: float | None = None
    told: list[object] = field(default_factory=list)


class Kubelet:
    """The pods of one node."""

    def __init__(self, api: Any, node: str, folder: Path) -> None:
        self.api = api
        self.node = node
        self.folder = folder
        self.pods: dict[str, Running] = {}
        self.lock = threading.Lock()
        self.is_over = False
        self.said = ""
        self.addresses = addresses()

    def register(self, cpu: str) -> None:
        """Have a node that is ready."""
        labels = {"kubernetes.io/hostname": self.node, "ipagym/kubelet": "process"}
        try:
            self.api.create_node(client.V1Node(metadata=client.V1ObjectMeta(name=self.node, labels=labels)))
        except ApiException as error:
            if error.status != 409:
                raise
        self.beat(cpu)
        self.api.patch_node(self.node, {"spec": {"taints": None}})

    def beat(self, cpu: str) -> None:
        """Say that the node is ready."""
        room = {"cpu": cpu, "memory": "16Gi", "pods": "250"}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "a process plays the kubelet"}
        ready |= {"lastHeartbeatTime": now(), "lastTransitionTime": now()}
        place = {"type": "InternalIP", "address": "127.0.0.1"}
        status = {"capacity": room, "allocatable": room, "conditions": [ready], "addresses": [place]}
        self.api.patch_node_status(self.node, {"status": status})

    def watch(self) -> None:
        """Take pods of the node as they come and go, until it is over."""
        while not self.is_over:
            try:
                pods = watch.Watch().stream(
                    self.api.list_pod_for_all_namespaces,
                    field_selector=f"spec.nodeName={self.node}",
                    timeout_seconds=30,
                )
                for event in pods:
                    self.take(event["type"], event["object"])
            except (ApiException, HTTPError) as error:
                self.say(f"watch: {error}")
                time.sleep(BACKOFF_S)

    def take(self, kind: str, pod: Any) -> None:
        """A pod is there, has changed, or is gone."""
        uid = pod.metadata.uid
        with self.lock:
            known = self.pods.get(uid)
            if known is None and kind != "DELETED" and pod.metadata.deletion_timestamp is None:
                self.pods[uid] = Running(pod, next(self.addresses))
            elif known is None and kind != "DELETED":
                self.remove(pod)
            elif known is not None:
                known.pod = pod
                if kind == "DELETED" or pod.metadata.deletion_timestamp is not None:
                    self.leave(known, forced=kind == "DELETED")

    def leave(self, running: Running, *, forced: bool) -> None:
        """Tell the pod to end; kill it after its grace period."""
        if running.kill_s is None:
            grace_s = running.pod.spec.termination_grace_period_seconds or 30
            running.kill_s = time.monotonic() + (0 if forced else grace_s)
            if running.process is not None:
                running.process.terminate()

    def look(self) -> None:
        """Start, probe and end what is due."""
        with self.lock:
            for uid, running in list(self.pods.items()):
                self.look_at(uid, running)

    def look_at(self, uid: str, running: Running) -> None:
        """One pod."""
        has_ended = running.process is None or running.process.poll() is not None
        if running.kill_s is not None:
            if not has_ended and time.monotonic() > running.kill_s:
                running.process.kill()  # type: ignore[union-attr]
            elif has_ended:
                del self.pods[uid]
                self.remove(running.pod)
            return
        if has_ended:
            if running.process is not None:
                self.ended(running)
            if time.monotonic() >= running.begin_s:
                self.start(running)
        elif time.monotonic() >= running.probe_s:
            running.is_ready = probed(running)
            running.probe_s = time.monotonic() + (READY_EVERY_S if running.is_ready else LOOK_S)
        self.tell(running)

    def start(self, running: Running) -> None:
        """Start the container."""
        container = running.pod.spec.containers[0]
        log = self.folder / f"{running.pod.metadata.name}.log"
        with log.open("ab") as said:
            running.process = subprocess.Popen(  # noqa: S603 - the user's own pods
                [*(container.command or []), *(container.args or [])],
                env=environment(container, running),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        running.started_at = now()
        running.probe_s = 0.0

    def ended(self, running: Running) -> None:
        """The container has ended by itself: it is started anew, later and later."""
        assert running.process is not None
        log = self.folder / f"{running.pod.metadata.name}.log"
        said = log.read_text(errors="replace").strip()[-LAST_WORDS:]
        running.last_end = {
            "terminated": {"exitCode": max(running.process.returncode, 1), "message": said, "finishedAt": now()}
        }
        running.process, running.is_ready = None, False
        running.begin_s = time.monotonic() + BACKOFF_S * min(running.restarts, 10)
        running.restarts += 1

    def tell(self, running: Running) -> None:
        """Tell the API server how the pod is, where that has changed."""
        told = [running.is_ready, running.restarts, running.started_at]
        if told == running.told:
            return
        container, pod = running.pod.spec.containers[0], running.pod
        state = {"running": {"startedAt": running.started_at}} if running.process else {"waiting": {"reason": "Ended"}}
        status: dict[str, Any] = {"name": container.name, "image": container.image, "imageID": "process"}
        status |= {"ready": running.is_ready, "restartCount": running.restarts, "state": state}
        if running.last_end is not None:
            status["lastState"] = running.last_end
        said = {True: "True", False: "False"}
        conditions = [
            {"type": kind, "status": said[is_so], "lastTransitionTime": now()}
            for kind, is_so in (
                ("Initialized", True), ("PodScheduled", True), ("ContainersReady", running.is_ready),
                ("Ready", running.is_ready),
            )
        ]  # fmt: skip
        body: dict[str, Any] = {
            "phase": "Running",
            "podIP": running.address,
            "hostIP": "127.0.0.1",
            "startTime": running.started_at,
        }
        body |= {"conditions": conditions, "containerStatuses": [status]}
        self.patch(
            lambda: self.api.patch_namespaced_pod_status(pod.metadata.name, pod.metadata.namespace, {"status": body})
        )
        running.told = told

    def remove(self, pod: Any) -> None:
        """Tell the API server that the pod has ended."""
        # All in the body: where there is one, the API server looks at no parameters.
        at_once = client.V1DeleteOptions(
            grace_period_seconds=0, preconditions=client.V1Preconditions(uid=pod.metadata.uid)
        )
        self.patch(lambda: self.api.delete_namespaced_pod(pod.metadata.name, pod.metadata.namespace, body=at_once))

    def patch(self, call: Any) -> None:
        """Call, where the pod is still there."""
        try:
            call()
        except ApiException as error:
            if error.status not in (404, 409):
                self.say(f"pod: {error.status} {error.body}")

    def say(self, what: str) -> None:
        """Print it, once in a row."""
        if what != self.said:
            self.said = what
            print(what, flush=True)

    def end(self) -> None:
        """End every process."""
        self.is_over = True
        with self.lock:
            for running in self.pods.values():
                if running.process is not None:
                    running.process.kill()
                    running.process.wait()


def environment(container: Any, running: Running) -> dict[str, str]:
    """The variables of a container. Its `python` is ours."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    fields = {"status.podIP": running.address, "metadata.name": running.pod.metadata.name}
    told = {
        each.name: each.value or fields[each.value_from.field_ref.field_path] if each.value_from else each.value or ""
        for each in container.env or []
    }
    return os.environ | {"PATH": path} | told


def probed(running: Running) -> bool:
    """What the readiness probe says; true where there is none."""
    probe = running.pod.spec.containers[0].readiness_probe
    if probe is None or probe.http_get is None:
        return True
    url = f"http://{running.address}:{probe.http_get.port}{probe.http_get.path}"
    try:
        with urllib.request.urlopen(url, timeout=probe.timeout_seconds or 1):
            return True
    except (urllib.error.URLError, OSError):
        return False


def addresses() -> Iterator[str]:
    """Addresses of the loopback net, one after the other."""
    for number in count():
        yield f"127.77.{number // 250 % 250}.{number % 250 + 1}"


def end_with_parent() -> None:
    """Have the kernel kill this process when the kubelet ends, however that ends."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def now() -> str:
    """The time, as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    """Play the kubelet until told to end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kubeconfig")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--node", default="process-0")
    parser.add_argument("--cpu", default="64", help="cores that the node says it has")
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    kubelet = Kubelet(client.CoreV1Api(config.new_client_from_config(told.kubeconfig)), told.node, told.folder)

    def leave(number: int, frame: FrameType | None) -> None:
        kubelet.is_over = True

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    kubelet.register(told.cpu)
    threading.Thread(target=kubelet.watch, daemon=True).start()
    beat_s = time.monotonic() + HEART_S
    while not kubelet.is_over:
        try:
            kubelet.look()
            if time.monotonic() > beat_s:
                kubelet.beat(told.cpu)
                beat_s = time.monotonic() + HEART_S
        except HTTPError as error:
            kubelet.say(f"the API server does not answer: {error}")
        time.sleep(LOOK_S)
    kubelet.end()


if __name__ == "__main__":
    main()
