"""The manifests that are applied: pure functions to plain values, as YAML has them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipagym.cluster.kubernetes.names import NAME, deployment_name, labels
from ipagym.cluster.live.children.v2_server import PORT
from ipagym.cluster.live.program import Model

CORES = "ipagym/cores"
"""The annotation of pods with the cores that a configuration asks for; a program may take less of a real one."""

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"

CONTAINER = "model"

GRACE_S = 30
"""Seconds that a pod has to end: a server waits until its client has gone (`v2_server.LEAVE_S`)."""

START = """
import sys, types
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
name, folder = "ipagym", Path(find_spec("ipagym").origin).parent
if not (folder / "cluster").is_dir():
    folder = Path(import_module("ipagym").__file__).parent
for part in ("", "cluster", "live", "children"):
    name, folder = (f"{name}.{part}", folder / part) if part else (name, folder)
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(folder)]
import_module(f"{name}.v2_server").main()
"""
"""What a pod runs. It makes the packages above the server without running them, as `live.process.START` does.
Where a checkout is installed, what is found first only leads to it (setup.py): that alone is run.
"""


@dataclass(frozen=True, slots=True)
class Pool:
    """The pods of a variant in a stage."""

    pipeline: str
    stage: str
    variant: str

    @property
    def name(self) -> str:
        """The name of its Deployment."""
        return deployment_name(self.pipeline, self.stage, self.variant)

    @property
    def labels(self) -> Mapping[str, str]:
        """The labels of its Deployment and pods."""
        return labels(self.pipeline, self.stage, self.variant)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of a pool: pods, each with so many cores, that serve the model."""

    replicas: int
    cores: int
    model: Model


def deployment(pool: Pool, wanted: Wanted, image: str) -> dict[str, Any]:
    """The Deployment of a pool. A change of its pods creates new ones before old ones go."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": pool.name, "labels": dict(pool.labels)},
        "spec": {
            "replicas": wanted.replicas,
            "revisionHistoryLimit": 1,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "100%", "maxUnavailable": 0}},
            "selector": {"matchLabels": {NAME: pool.name}},
            "template": template(pool, wanted, image),
        },
    }


def template(pool: Pool, wanted: Wanted, image: str) -> dict[str, Any]:
    """The template of a pool's pods."""
    return {
        "metadata": {"labels": dict(pool.labels), "annotations": {CORES: str(wanted.cores)}},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": GRACE_S,
            "containers": [container(pool, wanted, image)],
        },
    }


def container(pool: Pool, wanted: Wanted, image: str) -> dict[str, Any]:
    """The container that serves."""
    told = {
        "IPAGYM_MODEL_NAME": pool.variant,
        "IPAGYM_MODEL": json.dumps(wanted.model, sort_keys=True),
        "IPAGYM_PORT": str(PORT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    address = {"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    return {
        "name": CONTAINER,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-P", "-c", START],
        "env": [{"name": name, "value": value} for name, value in told.items()] + [address],
        "ports": [{"name": "v2", "containerPort": PORT}],
        "readinessProbe": {
            "httpGet": {"path": "/v2/health/ready", "port": PORT},
            "periodSeconds": 1,
            "failureThreshold": 3,
        },
        "resources": resources(wanted.model, wanted.cores),
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def resources(model: Model, cores: int) -> dict[str, Any]:
    """Requests and limits of a pod with so many cores.

    A model that paces itself to a share of a core gets no limit: it would be held up twice, and while it loads.
    """
    share = model.get("core_share")
    if share is None:
        return {"requests": {"cpu": str(cores)}, "limits": {"cpu": str(cores)}}
    return {"requests": {"cpu": _quantity(cores * share)}}


def resize(model: Model, cores: int) -> dict[str, Any]:
    """The patch of `pods/resize` that gives a pod so many cores."""
    return {"spec": {"containers": [{"name": CONTAINER, "resources": resources(model, cores)}]}}


def _quantity(cores: float) -> str:
    """Cores as the API server writes them."""
    millis = round(1000 * cores)
    return f"{millis}m" if millis % 1000 else str(millis // 1000)


def rbac(namespace: str) -> str:
    """A service account with the least that the backend needs in the namespace, as YAML."""
    return (Path(__file__).parent / "rbac.yaml").read_text().replace("NAMESPACE", namespace)
