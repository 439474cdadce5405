"""One controller of a pipeline in a namespace: a Lease that it renews, as Kubernetes' own controllers do."""

import os
import socket
from datetime import UTC, datetime
from secrets import token_hex
from time import monotonic
from typing import Any

from ipagym.cluster.kubernetes.access import WITHIN_S, Access
from ipagym.cluster.kubernetes.names import MANAGED_BY, OURS, PART_OF, slug
from ipagym.cluster.kubernetes.settings import NAMESPACE
from ipagym.system.errors import InputError, IpagymError

LASTS_S, RENEWED_S = 6, 2
"""Seconds after which a lease that nobody renews is free, and between two renewals."""


class ControllerLease:
    """The lease of a pipeline. One that nobody renews any more is taken over: its controller was killed."""

    def __init__(self, access: Access, pipeline: str) -> None:
        self._access = access
        self._pipeline = pipeline
        self._name = slug(f"ipagym-{pipeline}")
        self._holder = f"{socket.gethostname()}-{os.getpid()}-{token_hex(3)}"
        self._version: str | None = None
        self._renewed_s = 0.0
        self._seen: tuple[Any, ...] | None = None
        self._seen_s = 0.0

    @property
    def is_held(self) -> bool:
        """True from when it was taken until it is released."""
        return self._version is not None

    def hold(self) -> bool:
        """Take or renew the lease where that is due; tells whether it is held.

        Raises:
            InputError: another controller renews it.
            IpagymError: another controller has taken it.
        """
        if self._version is None:
            return self._take()
        if monotonic() - self._renewed_s > RENEWED_S and not self._write(self._version):
            raise IpagymError(f"another controller has taken over {self._pipeline} in {self._access.namespace}")
        return True

    def release(self) -> None:
        """Give it back."""
        if self._version is not None:
            self._version = None
            self._access.coordination.delete_namespaced_lease(
                self._name, self._access.namespace, _request_timeout=WITHIN_S
            )

    def _take(self) -> bool:
        from kubernetes.client.exceptions import ApiException

        try:
            found = self._access.coordination.read_namespaced_lease(
                self._name, self._access.namespace, _request_timeout=WITHIN_S
            )
        except ApiException as error:
            if error.status != 404:
                raise
            return self._write(None)
        seen = (found.spec.holder_identity, found.spec.renew_time)
        if seen != self._seen:
            if self._seen is not None:
                raise InputError(
                    f"{self._pipeline} in the namespace {self._access.namespace} has a controller ({seen[0]}): "
                    f"end that first, or choose another namespace with {NAMESPACE}"
                )
            self._seen, self._seen_s = seen, monotonic()
        return monotonic() - self._seen_s > LASTS_S and self._write(found.metadata.resource_version)

    def _write(self, version: str | None) -> bool:
        """Write it over that version, or create it; false where somebody else did in between."""
        from kubernetes.client.exceptions import ApiException

        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        labels = {MANAGED_BY: OURS, PART_OF: slug(self._pipeline)}
        body = {
            "metadata": {"name": self._name, "labels": labels, "resourceVersion": version},
            "spec": {"holderIdentity": self._holder, "leaseDurationSeconds": LASTS_S, "renewTime": at},
        }
        api, place = self._access.coordination, self._access.namespace
        try:
            if version is None:
                written = api.create_namespaced_lease(place, body, _request_timeout=WITHIN_S)
            else:
                written = api.replace_namespaced_lease(self._name, place, body, _request_timeout=WITHIN_S)
        except ApiException as error:
            if error.status not in (404, 409):
                raise
            return False
        self._version, self._renewed_s = written.metadata.resource_version or "0", monotonic()
        return True
