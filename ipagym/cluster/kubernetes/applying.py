"""What is wanted of the API server, brought about: a thread, as an answer may take a while."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from ipagym.cluster.kubernetes.access import WITHIN_S, Access, refusal
from ipagym.cluster.kubernetes.lease import ControllerLease
from ipagym.cluster.kubernetes.manifests import DELETION_COST, Pool, Wanted, deployment, resize, template
from ipagym.cluster.kubernetes.names import selector
from ipagym.system.errors import IpagymError

TICK_S = 0.5
"""Seconds between two looks at whether all is as it should be."""

PATIENCE_S = 30.0
"""Seconds for which an API server may fail to answer before that is an error."""

CHEAPEST = "-100"
"""The deletion cost of a pod that is to go first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """What is wanted: of each pool, the pods that nobody is served by, and the cores of pods where they can change."""

    pools: Mapping[Pool, Wanted] = field(default_factory=dict)
    spare: Mapping[str, str] = field(default_factory=dict)
    cores: Mapping[str, tuple[Pool, int]] = field(default_factory=dict)


class Applying:
    """Applies the last aim, from `begin` on. `ring` is called every `TICK_S`, and after an error, which is `error`."""

    def __init__(self, access: Access, pipeline: str, image: str, ring: Callable[[], None]) -> None:
        self.error: Exception | None = None
        self.hindrance = ""
        self.lease = ControllerLease(access, pipeline)
        self._access = access
        self._selector = selector(pipeline)
        self._image = image
        self._ring = ring
        self._aim = Aim()
        self._applied: dict[Pool, Wanted] = {}
        self._cheap: set[str] = set()
        self._resized: dict[str, int] = {}
        self._answered_s = monotonic()
        self._turn = threading.Condition()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="ipagym-deployments", daemon=True)

    def begin(self) -> None:
        """Apply from now on."""
        self._thread.start()

    def want(self, aim: Aim) -> None:
        """From now on this is wanted."""
        with self._turn:
            if aim != self._aim:
                self._aim = aim
                self._turn.notify()

    def end(self) -> None:
        """Apply no more; returns once nothing is under way."""
        with self._turn:
            self._is_over = True
            self._turn.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def delete_all(self) -> None:
        """Delete every Deployment of the pipeline, and so its pods."""
        self._access.apps.delete_collection_namespaced_deployment(
            self._access.namespace,
            label_selector=self._selector,
            propagation_policy="Background",
            _request_timeout=WITHIN_S,
        )

    def _run(self) -> None:
        while not self._is_over and self.error is None:
            aim = self._aim
            try:
                self._try(aim)
            except Exception as error:  # raised by the dispatcher, so that whoever waits is told
                self.error = error
            self._ring()
            with self._turn:
                if self._aim is aim and not self._is_over:
                    self._turn.wait(TICK_S)

    def _try(self, aim: Aim) -> None:
        """Bring the aim about, or leave it for later where the API server does not answer.

        Raises:
            IpagymError: it refuses, or has not answered for too long.
        """
        try:
            self._apply(aim)
            self._answered_s, self.hindrance = monotonic(), ""
        except ConnectionError as error:
            self.hindrance = str(error)
            if monotonic() - self._answered_s > PATIENCE_S:
                raise IpagymError(str(error)) from None

    def _apply(self, aim: Aim) -> None:
        """Bring the aim about.

        Raises:
            IpagymError: the API server refuses.
            ConnectionError: it does not answer, or not now.
        """
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            if not self.lease.hold():
                raise ConnectionError("the controller before has not given up its lease yet")
            if aim.pools and not self._applied:
                self._tidy(aim)
            for pool, wanted in aim.pools.items():
                self._apply_pool(pool, wanted, aim)
            self._settle_pods(aim)
        except HTTPError as error:
            raise ConnectionError(f"the API server cannot be reached: {error}") from None
        except ApiException as error:
            said = refusal(error, self._access.namespace)
            if error.status in (409, 429) or error.status >= 500:
                raise ConnectionError(f"the API server says: {said}") from None
            raise IpagymError(f"the API server refuses: {said}") from None

    def _apply_pool(self, pool: Pool, wanted: Wanted, aim: Aim) -> None:
        known = self._applied.get(pool)
        if known == wanted:
            return
        if known is None:
            self._create(pool, wanted)
        elif (known.cores, known.model) == (wanted.cores, wanted.model):
            if wanted.replicas < known.replicas:
                self._mark([name for name, place in aim.spare.items() if place == pool.name])
            self._patch("deployment_scale", pool, {"spec": {"replicas": wanted.replicas}})
        else:
            self._patch("deployment", pool, self._spec(pool, wanted))
        self._applied[pool] = wanted

    def _tidy(self, aim: Aim) -> None:
        """Delete what an earlier controller left and nobody wants."""
        wanted = {pool.name for pool in aim.pools}
        asked = {"label_selector": self._selector, "_request_timeout": WITHIN_S}
        for found in self._access.apps.list_namespaced_deployment(self._access.namespace, **asked).items:
            if found.metadata.name not in wanted:
                self._access.apps.delete_namespaced_deployment(
                    found.metadata.name, self._access.namespace, _request_timeout=WITHIN_S
                )

    def _create(self, pool: Pool, wanted: Wanted) -> None:
        """Create the pool's Deployment, or take over the one that an earlier controller left."""
        from kubernetes.client.exceptions import ApiException

        try:
            self._access.apps.create_namespaced_deployment(
                self._access.namespace, deployment(pool, wanted, self._image), _request_timeout=WITHIN_S
            )
        except ApiException as error:
            if error.status != 409:
                raise
            self._patch("deployment", pool, self._spec(pool, wanted))

    def _spec(self, pool: Pool, wanted: Wanted) -> dict[str, Any]:
        return {"spec": {"replicas": wanted.replicas, "template": template(pool, wanted, self._image)}}

    def _patch(self, what: str, pool: Pool, body: dict[str, Any]) -> None:
        patch = getattr(self._access.apps, f"patch_namespaced_{what}")
        patch(pool.name, self._access.namespace, body, _request_timeout=WITHIN_S)

    def _settle_pods(self, aim: Aim) -> None:
        """Spare pods that serve again may stay; pods get the cores that they should have."""
        for name in self._cheap - set(aim.spare):
            self._cheap.discard(name)
            self._patch_pod("pod", name, {"metadata": {"annotations": {DELETION_COST: None}}})
        for name, (pool, cores) in aim.cores.items():
            if self._resized.get(name) != cores:
                self._patch_pod("pod_resize", name, resize(aim.pools[pool].model, cores))
                self._resized[name] = cores

    def _mark(self, names: list[str]) -> None:
        """Let these pods go first (Kubernetes 1.22 and later)."""
        for name in names:
            self._patch_pod("pod", name, {"metadata": {"annotations": {DELETION_COST: CHEAPEST}}})
            self._cheap.add(name)

    def _patch_pod(self, what: str, name: str, body: dict[str, Any]) -> None:
        from kubernetes.client.exceptions import ApiException

        try:
            getattr(self._access.core, f"patch_namespaced_{what}")(
                name, self._access.namespace, body, _request_timeout=WITHIN_S
            )
        except ApiException as error:
            if error.status != 404:  # it has gone meanwhile
                raise
