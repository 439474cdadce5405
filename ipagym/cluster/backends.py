"""The backends: what may stand behind an environment, a comparison or a controller, and what each can do."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from ipagym.cluster.live.cluster import LiveCluster
from ipagym.cluster.live.digits.program import digits
from ipagym.cluster.live.program import Program, rehearsal
from ipagym.cluster.protocol import Cluster
from ipagym.cluster.ray_serve.platform import RayServe
from ipagym.cluster.sim import ENGINES
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError, unknown_name
from ipagym.task.faults import Faults
from ipagym.task.scenario import Scenario

Make = Callable[[Scenario], Cluster]


@dataclass(frozen=True, kw_only=True, slots=True)
class Abilities:
    """What a backend can do, beside what the protocol asks of all.

    `real_time`: an episode takes as long as it says. `forkable`: it can be gone back to and doubled. `resizable`: cores
    change without new replicas. `several_deployments`: a stage may run several variants side by side. `network`:
    requests may come through one. `faults`: those that a scenario asks for are brought about, and a profile's errors.
    """

    real_time: bool
    forkable: bool
    resizable: bool
    several_deployments: bool
    network: bool
    faults: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Backend:
    """A backend: the maker of its clusters, its abilities, and a sentence for people."""

    make: Make
    abilities: Abilities
    description: str


SIMULATED = Abilities(
    real_time=False, forkable=True, resizable=True, several_deployments=True, network=True, faults=True
)

REAL = Abilities(real_time=True, forkable=False, resizable=True, several_deployments=True, network=True, faults=False)

PODS = replace(REAL, resizable=False)
"""Of a cluster whose API server cannot change the cores of a pod; others can (`pods/resize`, from 1.33 on)."""

PROGRAMS: dict[str, Callable[[], Program]] = {"digits": digits}
"""The makers of programs with real models, by pipeline."""


def program_of(pipeline: Pipeline) -> Program:
    """The real models of a pipeline.

    Raises:
        InputError: there are none here.
    """
    if pipeline.name not in PROGRAMS:
        raise InputError(
            f"{pipeline.name} has no models that can be run here (there are some of {', '.join(PROGRAMS)}): choose the "
            "backend rehearsal, ray-rehearsal or kubernetes-rehearsal, whose replicas sleep as long as the profile says"
        )
    return PROGRAMS[pipeline.name]()


class MakeLive(Protocol):
    """What makes the live cluster of a scenario and a program."""

    def __call__(self, scenario: Scenario, program: Program, *, keep_requests: bool = False) -> LiveCluster:
        """A cluster; `keep_requests` as `LiveCluster` has it."""


def on_ray(scenario: Scenario, program: Program, *, keep_requests: bool = False) -> LiveCluster:
    """A cluster of replicas on Ray Serve, which is asked for when an episode begins."""
    return LiveCluster(scenario, program, platform=RayServe(), keep_requests=keep_requests)


def on_kubernetes(scenario: Scenario, program: Program, *, keep_requests: bool = False) -> LiveCluster:
    """A cluster of pods, on the API server of the kubeconfig.

    Raises:
        InputError: the client is not installed, or the cluster cannot be used.
    """
    from ipagym.cluster.kubernetes.cluster import kubernetes_cluster

    return kubernetes_cluster(scenario, program, keep_requests=keep_requests)


LIVE: dict[str, tuple[Callable[[Pipeline], Program], MakeLive, str]] = {
    "local": (program_of, LiveCluster, "real models, a process for each replica"),
    "rehearsal": (rehearsal, LiveCluster, "processes that sleep as long as the profile says"),
    "ray": (program_of, on_ray, "real models on Ray Serve"),
    "ray-rehearsal": (rehearsal, on_ray, "replicas on Ray Serve that sleep as long as the profile says"),
    "kubernetes": (program_of, on_kubernetes, "real models, a pod for each replica"),
    "kubernetes-rehearsal": (rehearsal, on_kubernetes, "pods that sleep as long as the profile says"),
}
"""What the replicas of live backends run, what makes their clusters, and a sentence for people."""


def kubernetes_program(name: str) -> Callable[[Pipeline], Program]:
    """What the pods of a backend on Kubernetes run.

    Raises:
        InputError: it is none.
    """
    ours = [each for each, (_, make, _) in LIVE.items() if make is on_kubernetes]
    if name not in ours:
        raise InputError(f"{name} runs no pods: choose {' or '.join(ours)}")
    return LIVE[name][0]


def live_cluster(name: str, scenario: Scenario, *, keep_requests: bool = False) -> LiveCluster:
    """The cluster of a live backend, one of `LIVE`.

    Raises:
        InputError: the pipeline has no models, or what runs them is not installed or cannot be reached.
    """
    program, make, _ = LIVE[name]
    return make(scenario, program(scenario.pipeline), keep_requests=keep_requests)


def logging_maker(name: str) -> Callable[[Scenario], LiveCluster]:
    """What makes clusters of a live backend that keep their requests.

    Raises:
        InputError: the backend is simulated.
    """
    if name not in LIVE:
        raise InputError(f"{name} is a simulator itself: choose {' or '.join(LIVE)}")
    return partial(live_cluster, name, keep_requests=True)


BACKENDS: dict[str, Backend] = {
    **{
        name: Backend(make=engine, abilities=SIMULATED, description=description)
        for (name, engine), description in zip(
            ENGINES.items(), ("simulated, compiled", "simulated by SimPy, to be read"), strict=True
        )
    },
    **{
        name: Backend(
            make=partial(live_cluster, name),
            abilities=PODS if make is on_kubernetes else REAL,
            description=description,
        )
        for name, (_, make, description) in LIVE.items()
    },
}
"""All backends by name; the first is the default."""


def named_backend(name: str) -> Backend:
    """The backend of that name.

    Raises:
        InputError: there is none.
    """
    if name not in BACKENDS:
        raise unknown_name("backend", str(name), BACKENDS)
    return BACKENDS[name]


def check_able(scenario: Scenario, name: str) -> None:
    """Refuse a scenario that asks for what the backend cannot do.

    Raises:
        InputError: naming the ability that lacks.
    """
    able = named_backend(name).abilities
    asked = {
        "several_deployments": scenario.limits.max_deployments > 1,
        "network": scenario.network is not None,
        "faults": scenario.physics.faults != Faults() or scenario.physics.profile_error > 0,
    }
    for ability, is_asked in asked.items():
        if is_asked and not getattr(able, ability):
            raise InputError(f"the backend {name} has no {ability}, which the scenario asks for: choose another")
