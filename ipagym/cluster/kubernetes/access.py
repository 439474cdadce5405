"""The API server and the namespace in it, found by the usual rules and tried before anything is changed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipagym.cluster.kubernetes.settings import NAMESPACE, Settings
from ipagym.system.errors import InputError

WITHIN_S = (3.0, 10.0)
"""Seconds to reach the API server, and until it answers."""

IN_CLUSTER = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

MISSING = 'the backend kubernetes needs the client of Kubernetes: pip install "ipagym[kubernetes]"'


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """The client of an API server, the namespace, and whether cores of a pod can change there (`pods/resize`)."""

    client: Any
    namespace: str
    has_resize: bool

    @property
    def core(self) -> Any:
        """Pods."""
        from kubernetes.client import CoreV1Api

        return CoreV1Api(self.client)

    @property
    def apps(self) -> Any:
        """Deployments."""
        from kubernetes.client import AppsV1Api

        return AppsV1Api(self.client)

    @property
    def coordination(self) -> Any:
        """Leases."""
        from kubernetes.client import CoordinationV1Api

        return CoordinationV1Api(self.client)


def access(settings: Settings) -> Access:
    """The cluster of the kubeconfig (`KUBECONFIG`, `~/.kube/config`), or the one that this runs in.

    Raises:
        InputError: the client is not installed, no cluster is configured, or it cannot be reached.
    """
    try:
        from kubernetes.client import CoreV1Api
    except ImportError:
        raise InputError(MISSING) from None
    client, namespace = _configured(settings)
    client.configuration.retries = False
    with refusing(client.configuration.host, namespace):
        found = CoreV1Api(client).get_api_resources(_request_timeout=WITHIN_S)
    return Access(client=client, namespace=namespace, has_resize=can_resize(found))


def can_resize(resources: Any) -> bool:
    """True if the core API, of which these are the resources (a `V1APIResourceList`), can change the cores of a pod."""
    return any(each.name == "pods/resize" and "patch" in each.verbs for each in resources.resources)


@contextmanager
def refusing(host: str, namespace: str) -> Iterator[None]:
    """What the API server refuses, in one line.

    Raises:
        InputError: it cannot be reached, does not allow it, or has no such namespace.
    """
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        yield
    except HTTPError as error:
        raise InputError(f"the API server {host} cannot be reached ({_brief(error)}): check KUBECONFIG") from None
    except ApiException as error:
        raise InputError(f"{host}: {refusal(error, namespace)}") from None


def refusal(error: Any, namespace: str) -> str:
    """What an `ApiException` says, with the remedy where one is known."""
    said = _message(error)
    if error.status == 401:
        return f"the API server does not know who asks ({said}): check the user of the kubeconfig's context"
    if error.status == 403 and "quota" not in said:
        return f"{said}: apply the role of `ipagym kubernetes rbac`, or choose another namespace with {NAMESPACE}"
    if error.status == 404 and "namespaces" in said:
        return f"there is no namespace {namespace}: create it, or choose another with {NAMESPACE}"
    return said


def _message(error: Any) -> str:
    """The message of the Status that an answer has, or the reason."""
    import json

    try:
        return str(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return f"{error.status} {error.reason}"


def _brief(error: BaseException) -> str:
    """The innermost reason of an error of urllib3."""
    reason = getattr(error, "reason", None)
    return _brief(reason) if isinstance(reason, BaseException) else str(error).rpartition(": ")[2]


def _configured(settings: Settings) -> tuple[Any, str]:
    """The client and the namespace."""
    from kubernetes import config
    from kubernetes.client import ApiClient

    path = os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    try:
        if any(Path(part).is_file() for part in path.split(os.pathsep)):
            contexts, active = config.list_kube_config_contexts(config_file=path)
            chosen = _context(contexts, active, settings.context)
            client = config.new_client_from_config(config_file=path, context=chosen["name"])
            return client, settings.namespace or chosen["context"].get("namespace") or "default"
        config.load_incluster_config()
    except config.ConfigException as error:
        raise InputError(f"no Kubernetes cluster is configured in {path}: {error}; set KUBECONFIG") from None
    return ApiClient(), settings.namespace or IN_CLUSTER.read_text().strip()


def _context(contexts: list[Any], active: Any, name: str | None) -> Any:
    if name is None:
        return active
    found = [each for each in contexts if each["name"] == name]
    if not found:
        raise InputError(f"the kubeconfig has no context {name}, but {', '.join(each['name'] for each in contexts)}")
    return found[0]
