"""The pods of a pipeline, as they are now: a thread lists and watches them."""

import threading
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from ipagym.cluster.kubernetes.access import WITHIN_S, Access
from ipagym.cluster.kubernetes.names import selector
from ipagym.cluster.kubernetes.pods import Pod, pod_of

WATCH_S = 20
"""Seconds after which a watch begins anew."""

PAUSE_S = 0.5
"""Seconds until an API server that does not answer is asked again."""


class Watching:
    """Keeps `pods`, by name, up to date from `begin` on, and calls `ring` whenever they have changed."""

    def __init__(self, access: Access, pipeline: str, ring: Callable[[], None]) -> None:
        self.pods: Mapping[str, Pod] = {}
        self.error: Exception | None = None
        self._access = access
        self._selector = selector(pipeline)
        self._ring = ring
        self._changed = threading.Condition()
        self._is_over = threading.Event()

    def begin(self) -> None:
        """Watch from now on."""
        threading.Thread(target=self._run, name="ipagym-pods", daemon=True).start()

    def end(self) -> None:
        """Watch no more; the thread ends with the next event, or with its watch."""
        self._is_over.set()

    def wait_for_none(self, limit_s: float) -> bool:
        """Wait until there are no pods; tells whether that was so within the limit."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.pods, limit_s)

    def _run(self) -> None:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        while not self._is_over.is_set():
            begun_s = monotonic()
            try:
                self._follow(self._listed())
            except (ApiException, HTTPError):  # changes fail as well then, and say so
                self._is_over.wait(PAUSE_S)
            except Exception as error:  # raised by the dispatcher, so that whoever waits is told
                self.error = error
                self._ring()
                return
            if monotonic() - begun_s < PAUSE_S:
                self._is_over.wait(PAUSE_S)

    def _listed(self) -> str:
        """Take all pods; the version of the list."""
        found = self._access.core.list_namespaced_pod(**self._asked(), _request_timeout=WITHIN_S)
        self._set({each.metadata.name: pod_of(each) for each in found.items})
        return str(found.metadata.resource_version)

    def _follow(self, version: str) -> None:
        """Take changes since the version, until the watch is over."""
        from kubernetes.watch import Watch

        timeouts = {"timeout_seconds": WATCH_S, "_request_timeout": (WITHIN_S[0], WATCH_S + WITHIN_S[1])}
        stream = Watch().stream(
            self._access.core.list_namespaced_pod, **self._asked(), resource_version=version, **timeouts
        )
        for event in stream:
            if self._is_over.is_set():
                return
            self._take(event["type"], event["object"])

    def _take(self, kind: str, found: Any) -> None:
        pods = {name: pod for name, pod in self.pods.items() if name != found.metadata.name}
        self._set(pods if kind == "DELETED" else {**pods, found.metadata.name: pod_of(found)})

    def _set(self, pods: Mapping[str, Pod]) -> None:
        with self._changed:
            self.pods = pods
            self._changed.notify_all()
        self._ring()

    def _asked(self) -> dict[str, str]:
        return {"namespace": self._access.namespace, "label_selector": self._selector}
