"""A live cluster whose replicas are pods."""

from dataclasses import dataclass
from pathlib import Path

from ipagym.cluster.kubernetes.access import WITHIN_S, Access, access, refusing
from ipagym.cluster.kubernetes.manifests import Pool, Wanted, deployment
from ipagym.cluster.kubernetes.replicas import PodReplicas
from ipagym.cluster.kubernetes.settings import Settings, settings_of
from ipagym.cluster.live.cluster import LiveCluster
from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.live.program import Program
from ipagym.model.configuration import Configuration, cores_of
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Pods:
    """The platform of replicas that are pods: those of a pipeline, in a namespace that there is access to."""

    access: Access
    pipeline: str
    image: str

    def open(self) -> None:
        """Nothing is needed: there is access."""

    def servers(self, dispatcher: Dispatcher, errors: Path) -> PodReplicas:
        """The pods of a new episode; what goes wrong there is in their own logs."""
        return PodReplicas(self.access, self.pipeline, self.image, dispatcher)

    def close(self) -> None:
        """Nothing is left: pods end with their episode."""


def kubernetes_cluster(scenario: Scenario, program: Program, *, keep_requests: bool = False) -> LiveCluster:
    """The cluster of a scenario on the API server of the kubeconfig, with the settings of the environment.

    Raises:
        InputError: the API server cannot be reached, or would not take what is needed (a dry run is made of it).
    """
    settings = settings_of()
    return cluster_on(access(settings), settings, scenario, program, keep_requests=keep_requests)


def cluster_on(
    found: Access, settings: Settings, scenario: Scenario, program: Program, *, keep_requests: bool = False
) -> LiveCluster:
    """The cluster of a scenario in a namespace that there is access to.

    Raises:
        InputError: the API server would not take what is needed.
    """
    platform = Pods(found, scenario.pipeline.name, settings.image)
    cluster = LiveCluster(scenario, program, platform=platform, keep_requests=keep_requests)
    rehearse(found, settings, wanted_of(scenario, program, scenario.initial))
    return cluster


def wanted_of(scenario: Scenario, program: Program, configuration: Configuration) -> dict[Pool, Wanted]:
    """The pools of a configuration."""
    pipeline = scenario.pipeline
    return {
        Pool(pipeline.name, stage.name, deployed.variant): Wanted(
            deployed.replicas, cores_of(deployed, stage), program.model(stage.name, deployed.variant)
        )
        for stage, setting in zip(pipeline.stages, configuration.stages, strict=True)
        for deployed in setting.deployments
    }


def rehearse(found: Access, settings: Settings, wanted: dict[Pool, Wanted]) -> None:
    """Have the API server check everything that will be asked of it at the beginning, and change nothing (a dry run).

    Raises:
        InputError: it refuses.
    """
    from kubernetes.client.exceptions import ApiException

    with refusing(found.client.configuration.host, found.namespace):
        for pool, each in wanted.items():
            try:
                found.apps.create_namespaced_deployment(
                    found.namespace, deployment(pool, each, settings.image), dry_run="All", _request_timeout=WITHIN_S
                )
            except ApiException as error:
                if error.status != 409:  # an earlier controller has left it: it is taken over
                    raise
        found.core.list_namespaced_pod(found.namespace, limit=1, _request_timeout=WITHIN_S)
