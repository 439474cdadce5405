"""A stub of an API server, as far as the backend asks one: Deployments become pods whose servers are threads here.

What it answers is shaped as the client's models are; it merges patches, and replaces pods of an old template. It stands
in where no control plane runs, and for `pods/resize`, which Kubernetes has from 1.33 on.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from ipagym.cluster.kubernetes.names import NAME
from ipagym.cluster.live.children.replica import loaded
from ipagym.cluster.live.children.v2_server import PORT, Server

Object = dict[str, Any]

ADDRESSES = count(1)


class StubServer(ThreadingHTTPServer):
    """An API server of one namespace. `forbidden` are the parts of paths that are refused with 403."""

    daemon_threads = True

    def __init__(self, *, has_resize: bool, namespace: str = "default") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.has_resize, self.namespace = has_resize, namespace
        self.forbidden: tuple[str, ...] = ()
        self.asked: list[tuple[str, str]] = []
        self.deployments: dict[str, Object] = {}
        self.pods: dict[str, Object] = {}
        self.leases: dict[str, Object] = {}
        self.servers: dict[str, Server] = {}
        self.events: list[Object] = []
        self.changed = threading.Condition(threading.RLock())

    def reconcile(self) -> None:
        """Create the pods that lack, and let those go that are too many or of an old template."""
        for name, deployment in self.deployments.items():
            template, wanted = deployment["spec"]["template"], deployment["spec"]["replicas"]
            mark = json.dumps(template, sort_keys=True)
            here = [pod for pod in self.pods.values() if pod["metadata"]["labels"][NAME] == name]
            staying = [pod for pod in here if "deletionTimestamp" not in pod["metadata"]]
            new = [pod for pod in staying if pod["mark"] == mark]
            for _ in range(wanted - len(new)):
                self._create(name, template, mark)
            cheap = sorted(new, key=lambda pod: int(pod["metadata"].get("annotations", {}).get(COST) or 0))
            for pod in [pod for pod in staying if pod["mark"] != mark] + cheap[: max(0, len(new) - wanted)]:
                self.leave(pod)
        for pod in self.pods.values():
            if pod["metadata"]["labels"][NAME] not in self.deployments:
                self.leave(pod)

    def _create(self, name: str, template: Object, mark: str) -> None:
        number = next(ADDRESSES)
        address = f"127.88.{number // 250}.{number % 250 + 1}"
        container = template["spec"]["containers"][0]
        told = {each["name"]: each.get("value") for each in container["env"]}
        server = Server((address, PORT), told["IPAGYM_MODEL_NAME"])
        server.model = loaded(json.loads(told["IPAGYM_MODEL"]))
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        metadata = json.loads(json.dumps({**template["metadata"], "name": f"{name}-{number}"}))
        status = {"podIP": address, "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
        pod = {"metadata": metadata, "spec": json.loads(json.dumps(template["spec"])), "status": status, "mark": mark}
        self.servers[metadata["name"]], self.pods[metadata["name"]] = server, pod
        self.tell("ADDED", pod)

    def leave(self, pod: Object) -> None:
        """The pod is told to end, and does once its client has gone."""
        if "deletionTimestamp" not in pod["metadata"]:
            pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            self.tell("MODIFIED", pod)
            threading.Thread(target=self._end, args=(pod,), daemon=True).start()

    def _end(self, pod: Object) -> None:
        name = pod["metadata"]["name"]
        server = self.servers[name]
        while server.clients:
            time.sleep(0.005)
        server.shutdown()
        server.server_close()
        with self.changed:
            del self.pods[name]
            self.tell("DELETED", pod)

    def tell(self, kind: str, pod: Object) -> None:
        """Whoever watches is told."""
        with self.changed:
            self.events.append(json.loads(json.dumps({"type": kind, "object": {"kind": "Pod", **pod}})))
            self.changed.notify_all()


COST = "controller.kubernetes.io/pod-deletion-cost"


class Handler(BaseHTTPRequestHandler):
    """One request of the client."""

    server: StubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None: ...

    def _do(self) -> None:
        url = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body, query = json.loads(content or b"{}"), {key: each[0] for key, each in parse_qs(url.query).items()}
        with self.server.changed:
            self.server.asked.append((self.command, url.path))
            forbidden = [part for part in self.server.forbidden if part in url.path]
            if forbidden:
                self._say(403, {"message": f"ipagym cannot {self.command} {forbidden[0]}"})
                return
        if "watch" in query:
            self._watch(int(query["resourceVersion"]))
            return
        with self.server.changed:
            self._say(*self._answer(url.path, query, body))
            self.server.reconcile()

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _do

    def _answer(self, path: str, query: dict[str, str], body: Object) -> tuple[int, Object]:
        if path == "/api/v1/":
            return 200, resource_list(has_resize=self.server.has_resize)
        place = path.partition("/namespaces/")[2].split("/")
        if place[0] != self.server.namespace:
            return 404, {"message": f'namespaces "{place[0]}" not found'}
        kind: dict[str, Object] = getattr(self.server, place[1])
        if self.command == "GET" and len(place) == 2:
            return 200, {"metadata": {"resourceVersion": str(len(self.server.events))}, "items": list(kind.values())}
        if self.command == "POST":
            return self._create(kind, query, body)
        if self.command == "DELETE" and len(place) == 2:
            kind.clear()
            return 200, {}
        if place[2] not in kind:
            return 404, {"message": f"{place[2]} not found"}
        return self._change(kind, place, body)

    def _create(self, kind: dict[str, Object], query: dict[str, str], body: Object) -> tuple[int, Object]:
        name = body["metadata"]["name"]
        if name in kind:
            return 409, {"message": f"{name} already exists"}
        if query.get("dryRun") != "All":
            kind[name] = body
        return 201, body

    def _change(self, kind: dict[str, Object], place: list[str], body: Object) -> tuple[int, Object]:
        name = place[2]
        if self.command == "DELETE":
            del kind[name]
            return 200, {}
        if self.command == "PUT":
            kind[name] = body
        if self.command == "PATCH":
            _merge(kind[name], body)
        if place[1] == "pods" and self.command == "PATCH":
            self.server.tell("MODIFIED", kind[name])
        return 200, kind[name]

    def _watch(self, version: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.close_connection = True
        while True:
            with self.server.changed:
                if len(self.server.events) <= version:
                    self.server.changed.wait(0.5)
                events, version = self.server.events[version:], len(self.server.events)
            try:
                for event in events:
                    line = json.dumps(event).encode() + b"\n"
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
            except OSError:
                return

    def _say(self, status: int, body: Object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def resource_list(*, has_resize: bool) -> Object:
    """What `GET /api/v1` says of pods."""
    names = ("pods", "pods/resize") if has_resize else ("pods",)
    told = {"singularName": "", "namespaced": True, "kind": "Pod", "verbs": ["get", "patch"]}
    return {"kind": "APIResourceList", "groupVersion": "v1", "resources": [{"name": name, **told} for name in names]}


def _merge(into: Object, patch: Object) -> None:
    for key, value in patch.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        elif key == "containers" and key in into:
            _merge(into[key][0], value[0])
        elif value is None:
            into.pop(key, None)
        else:
            into[key] = value


@contextmanager
def stub(folder: Path, *, has_resize: bool = False) -> Iterator[tuple[StubServer, Path]]:
    """A stub that runs, and the kubeconfig for it."""
    server = StubServer(has_resize=has_resize)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
                "users": [{"name": "u", "user": {}}],
                "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
                "current-context": "x",
            }
        )
    )
    try:
        yield server, kubeconfig
    finally:
        server.shutdown()
        server.server_close()
