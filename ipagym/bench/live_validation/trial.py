"""One run: a steady load under one configuration, or a change of it half-way, on any cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ipagym.cluster.protocol import Cluster, Drainable
from ipagym.cluster.sim import SimpyCluster
from ipagym.cluster.sim.log import RequestLog
from ipagym.model.configuration import Configuration, StageSetting, cores_of
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario
from ipagym.workload import by_name

WINDOWS = 4
"""Windows of a run; the configuration changes after half of them."""

DRAIN_S = 10.0


class Logging(Drainable, Protocol):
    """A cluster that keeps its requests."""

    @property
    def log(self) -> RequestLog:
        """Every request that has arrived since the last reset."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What is played: a steady load under `configuration`, for the second half under `changed` if there is one."""

    name: str
    rate_rps: float
    duration_s: int
    configuration: Configuration
    changed: Configuration | None = None

    def scenario(self, task: Scenario, pipeline: Pipeline) -> Scenario:
        """The scenario of the trial."""
        load = by_name(f"constant:{self.rate_rps:g}:{self.duration_s}")
        return replace(
            task,
            pipeline=pipeline,
            workload=load,
            initial=self.configuration,
            interval_s=self.window_s,
        )

    @property
    def window_s(self) -> float:
        """Seconds of a window."""
        return self.duration_s / WINDOWS


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """What came of a trial: the windows, and every request."""

    windows: Sequence[Window]
    log: RequestLog


def played(trial: Trial, cluster: Logging, seed: int) -> Run:
    """Play a trial on a live cluster, to its last answer."""
    cluster.reset(seed)
    windows = _windows(trial, cluster)
    cluster.drain(DRAIN_S)
    return Run(windows=windows, log=cluster.log)


def simulated(trial: Trial, scenario: Scenario, seed: int) -> Run:
    """The same trial by the reference engine."""
    cluster = SimpyCluster(scenario, keep_requests=True)
    cluster.reset(seed)
    windows = _windows(trial, cluster)
    cluster.advance(DRAIN_S)
    return Run(windows=windows, log=cluster.log)


def _windows(trial: Trial, cluster: Cluster) -> list[Window]:
    windows = []
    for number in range(WINDOWS):
        if trial.changed is not None and 2 * number == WINDOWS:
            cluster.apply(trial.changed)
        windows.append(cluster.advance(trial.window_s))
    return windows


def usual_configuration(pipeline: Pipeline) -> Configuration:
    """Two replicas of the middle variant of each stage, with its second batch size where there is one."""
    return Configuration(
        tuple(
            StageSetting.of(stage.variants[len(stage.variants) // 2].name, 2, stage.batches[:2][-1])
            for stage in pipeline.stages
        )
    )


def rate_at(utilisation: float, pipeline: Pipeline, configuration: Configuration) -> float:
    """Requests per second that keep the busiest stage at work for that share of the time, with full batches."""
    return utilisation * min(
        each.replicas * each.batch / stage.variant(each.variant).latency_on(cores_of(each, stage)).average(each.batch)
        for stage, each in zip(pipeline.stages, configuration.first_deployments, strict=True)
    )


def steady(pipeline: Pipeline, utilisations: Sequence[float], duration_s: int) -> list[Trial]:
    """A trial at each utilisation."""
    configuration = usual_configuration(pipeline)
    return [
        Trial(
            name=f"utilisation {share:g}",
            rate_rps=rate_at(share, pipeline, configuration),
            duration_s=duration_s,
            configuration=configuration,
        )
        for share in utilisations
    ]


def changes(pipeline: Pipeline, utilisation: float, duration_s: int) -> list[Trial]:
    """A trial for each knob of the first stage, which is turned half-way: replicas, variant, batch, cores."""
    (trial,) = steady(pipeline, [utilisation], duration_s)
    stage, first = pipeline.stages[0], trial.configuration.stages[0]
    now = first.first
    variants = [variant.name for variant in stage.variants]
    cores = stage.variant(now.variant).core_choices
    turned: dict[str, StageSetting] = {
        "replicas": first.turned(replicas=now.replicas + 1),
        "variant": first.turned(variant=variants[variants.index(now.variant) - 1]),
        "batch": first.turned(batch=stage.batches[-1]),
        "cores": first.turned(cores=cores[-1]),
    }
    return [
        replace(trial, name=f"change of {knob}", changed=Configuration((setting, *trial.configuration.stages[1:])))
        for knob, setting in turned.items()
        if setting != first
    ]
