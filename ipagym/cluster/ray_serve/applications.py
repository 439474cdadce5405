"""Applications of Ray Serve, of one deployment with one replica each.

Ray replaces every replica of a deployment that is run again (`serve.run` of the same name, whatever has changed), so
that a deployment of several replicas could not gain one and keep the others. Another number of replicas is another
number of applications here.
"""

from collections.abc import Mapping
from typing import Any

from ipagym.cluster.live.replicas import MOST_FAILURES
from ipagym.cluster.ray_serve import replica
from ipagym.system.ray_connection import ray_part

MOST_AT_ONCE = 2
"""Calls that a replica takes at once: a batch, and the one by which its end is known."""

SHUTDOWN_S = 0.1
"""Seconds until a replica is killed that is told to end; it has no batch any more."""

HEALTH_S = 2.0
"""Seconds between two looks of Ray's at a replica."""


def run(name: str, model: Mapping[str, Any], cpus: float) -> Any:
    """Order an application; its handle, whose calls wait until the replica runs.

    `cpus` is what Ray reserves of a node's logical CPUs for the replica; it waits where no node has so many.
    """
    cloudpickle, serve = ray_part("cloudpickle"), ray_part("serve")

    cloudpickle.register_pickle_by_value(replica)
    deployment = serve.deployment(
        replica.Replica,
        name="replica",
        num_replicas=1,
        max_ongoing_requests=MOST_AT_ONCE,
        ray_actor_options={"num_cpus": cpus},
        graceful_shutdown_wait_loop_s=SHUTDOWN_S,
        graceful_shutdown_timeout_s=SHUTDOWN_S,
        health_check_period_s=HEALTH_S,
        max_constructor_retry_count=MOST_FAILURES,
    )
    target = serve.RunTarget(deployment.bind(model), name=name, route_prefix=None)
    (handle,) = serve.run_many(
        [target], wait_for_ingress_deployment_creation=False, wait_for_applications_running=False
    )
    return handle


def delete(name: str, handle: Any) -> None:
    """Order the end of an application."""
    serve = ray_part("serve")

    handle.shutdown()
    serve.delete(name, _blocking=False)


def failure(name: str) -> str | None:
    """Why Ray has given up to start the application; None while it has not."""
    serve = ray_part("serve")

    application = serve.status().applications.get(name)
    if application is None or application.status != "DEPLOY_FAILED":
        return None
    said = [application.message, *(deployment.message for deployment in application.deployments.values())]
    lines = [line.strip() for text in said for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "Ray gives no reason"
