"""The part of a scenario that is looked at: all of it, or as much as may be in bounded work."""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.random.streams import Streams
from ipagym.task.scenario import SHORTEST_INTERVAL_S, Scenario
from ipagym.verification.effort import Bounds
from ipagym.workload.protocol import Workload


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """A scenario by a name, and how many of its windows are looked at; `left_out` says in words what is not."""

    name: str
    scenario: Scenario
    windows: int
    left_out: tuple[str, ...] = ()


def whole(scenario: Scenario, name: str) -> Subject:
    """All of a scenario."""
    return Subject(name=name, scenario=scenario, windows=scenario.windows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Excerpt:
    """Some seconds of a load, as if it began with them."""

    load: Workload
    first_s: int
    duration_s: int

    @property
    def name(self) -> str:
        """That of the load."""
        return self.load.name

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        return self.load.rates_rps(rng)[self.first_s : self.first_s + self.duration_s]


def excerpt(scenario: Scenario, name: str, bounds: Bounds, seed: int) -> Subject:
    """The part of a scenario that may be looked at: fewer replicas and nodes where it has many, and of its load a part.

    The part begins with the first second that has any load at `seed`. Where two intervals are too much, they are
    shorter.
    """
    smaller = _with_fewer_replicas(scenario, bounds)
    events = _events_per_s(smaller, seed)
    if events.sum() <= bounds.events and len(events) <= bounds.seconds and scenario.windows <= bounds.windows:
        looked_at, windows = smaller, scenario.windows
    else:
        looked_at, windows = _part(smaller, bounds, events)
    left_out = (*_cut_limits(scenario.limits, smaller.limits), *_cut_time(scenario, looked_at, windows))
    return Subject(name=name, scenario=looked_at, windows=windows, left_out=left_out)


def _with_fewer_replicas(scenario: Scenario, bounds: Bounds) -> Scenario:
    stages, limits = len(scenario.pipeline.stages), scenario.limits
    deployments = min(limits.max_deployments, max(2, bounds.stations // stages))
    replicas = min(limits.max_replicas, max(1, bounds.replicas // (stages * deployments)))

    def fewer(setting: StageSetting) -> StageSetting:
        kept = setting.deployments[:deployments]
        return StageSetting(tuple(replace(each, replicas=min(each.replicas, replicas)) for each in kept))

    nodes = None if limits.node_cores is None else limits.node_cores[: bounds.nodes]
    return replace(
        scenario,
        initial=Configuration(tuple(map(fewer, scenario.initial.stages))),
        limits=replace(limits, max_replicas=replicas, max_deployments=deployments, node_cores=nodes),
    )


def _events_per_s(scenario: Scenario, seed: int) -> NDArray[np.float64]:
    """Requests times stages, and faults, of each second on average."""
    rates_rps = scenario.workload.rates_rps(Streams.spawn(seed).load)
    return rates_rps * len(scenario.pipeline.stages) + _faults_per_s(scenario)


def _part(scenario: Scenario, bounds: Bounds, events: NDArray[np.float64]) -> tuple[Scenario, int]:
    """Two windows or more from the first second with load on, of no more events than may be."""
    first_s = int(np.argmax(events > _faults_per_s(scenario)))
    so_far = np.cumsum(events[first_s:])
    fitting = int(np.searchsorted(so_far, bounds.events, side="right"))
    seconds = min(fitting, bounds.seconds) or bounds.events / float(so_far[0])
    interval_s = min(scenario.interval_s, max(seconds / 2, SHORTEST_INTERVAL_S))
    windows = max(2, min(bounds.windows, int(seconds / interval_s + 1e-9)))
    part = Excerpt(load=scenario.workload, first_s=first_s, duration_s=max(1, ceil(windows * interval_s - 1e-9)))
    return replace(scenario, workload=part, interval_s=interval_s), windows


def _faults_per_s(scenario: Scenario) -> float:
    """Crashes, of at most twice the replicas, and losses of nodes, each of which every queue is looked at for."""
    faults, limits = scenario.physics.faults, scenario.limits
    stations = len(scenario.pipeline.stages) * limits.max_deployments
    crashes = 2 * limits.max_replicas * stations * faults.crashes_per_hour
    return (crashes + len(limits.node_cores or ()) * stations * faults.node_losses_per_hour) / 3600


def _cut_limits(before: Limits, after: Limits) -> list[str]:
    nodes, fewer_nodes = (len(limits.node_cores or ()) for limits in (before, after))
    cuts = [
        ("replicas of each deployment", before.max_replicas, after.max_replicas),
        ("deployments of each stage", before.max_deployments, after.max_deployments),
        ("nodes", nodes, fewer_nodes),
    ]
    return [f"{few} instead of {many} {what}" for what, many, few in cuts if few < many]


def _cut_time(scenario: Scenario, looked_at: Scenario, windows: int) -> list[str]:
    cuts = []
    if looked_at.workload is not scenario.workload:
        first_s = looked_at.workload.first_s if isinstance(looked_at.workload, Excerpt) else 0
        seconds = windows * looked_at.interval_s
        cuts.append(f"{seconds:g} s from second {first_s} instead of {scenario.workload.duration_s} s")
    if looked_at.interval_s < scenario.interval_s:
        cuts.append(f"intervals of {looked_at.interval_s:g} s instead of {scenario.interval_s:g} s")
    return cuts
