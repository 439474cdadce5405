"""Pods as the API server tells of them."""

from dataclasses import dataclass
from typing import Any

from ipagym.cluster.kubernetes.manifests import CORES
from ipagym.cluster.kubernetes.names import NAME

MOST_RESTARTS = 3
"""Ends of the container of a pod that was never ready."""

FATAL = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "ErrImageNeverPull")
"""Reasons for which a container waits that do not pass by themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pod:
    """A pod: its Deployment, its address, the cores that it has by its annotation, and the CPU that it requests.

    `trouble` is why it cannot start, in the words of the cluster; `waits_for` the same of what may pass.
    """

    name: str
    pool: str
    address: str
    cores: int
    cpu: str
    is_ready: bool
    is_leaving: bool
    trouble: str = ""
    waits_for: str = ""


def pod_of(found: Any) -> Pod:
    """The pod of a `V1Pod`."""
    conditions = {each.type: each for each in found.status.conditions or ()}
    ready, scheduled = conditions.get("Ready"), conditions.get("PodScheduled")
    requests = (found.spec.containers[0].resources and found.spec.containers[0].resources.requests) or {}
    return Pod(
        name=found.metadata.name,
        pool=(found.metadata.labels or {}).get(NAME, ""),
        address=found.status.pod_ip or "",
        cores=int((found.metadata.annotations or {}).get(CORES, 0)),
        cpu=requests.get("cpu", ""),
        is_ready=ready is not None and ready.status == "True",
        is_leaving=found.metadata.deletion_timestamp is not None,
        trouble=_trouble(found.status.container_statuses or ()),
        waits_for=scheduled.message or "" if scheduled is not None and scheduled.status == "False" else "",
    )


def _trouble(statuses: Any) -> str:
    for status in statuses:
        waiting = status.state and status.state.waiting
        if waiting and waiting.reason in FATAL:
            return f"{waiting.reason}: {waiting.message or status.image}"
        ended = (status.last_state and status.last_state.terminated) or (status.state and status.state.terminated)
        if ended and not status.ready and status.restart_count >= MOST_RESTARTS:
            return str(ended.message or f"exit code {ended.exit_code}").strip().rpartition("\n")[2]
    return ""
