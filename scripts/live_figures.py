"""How long a live backend takes to start, to change what runs, and to pass an empty batch to a replica and back.

Usage: python scripts/live_figures.py rehearsal ray-rehearsal

The backends are those whose replicas sleep. Changes are those of one stage of two, under 40 requests per second, in
seconds from the request to the end of the window of 50 ms in which they are done; beside them, how many requests were
dropped meanwhile. A hop is the time from the sending of a batch of one request to its answer by a model that answers at
once, of 1,000 requests or more.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.backends import LIVE
from ipagym.cluster.contract import Subject, small_scenario
from ipagym.cluster.live import LiveCluster, Program
from ipagym.model.configuration import Configuration
from ipagym.task.scenario import Scenario

LOOK_S = 0.05
LONGEST_S = 60.0
LOAD_S = 30.0

Took = tuple[str, float, int]
"""What was done, the seconds that it took, and the requests that were dropped meanwhile."""

NOTHING = Program(
    model=lambda stage, variant: {
        "module": "sleeper",
        "settings": {"load_s": 0.0, "service_s": {cores: [(0.0, 0.0)] * 4 for cores in (1, 2)}, "seed": 0},
    },
    input=lambda number: b"",
)
"""Models that answer at once."""


def cluster_of(backend: str, scenario: Scenario, program: Program | None = None) -> LiveCluster:
    """A cluster whose requests are kept."""
    make_program, make, _ = LIVE[backend]
    return make(scenario, program or make_program(scenario.pipeline), keep_requests=True)


def in_place(backend: str) -> Iterator[Took]:
    """Starts, and what changes without a new core count or with one in place."""
    scenario = small_scenario()
    subject = Subject(make=lambda scenario: cluster_of(backend, scenario))
    first = scenario.initial.stages[0].first.variant
    with closing(cluster_of(backend, scenario)) as cluster:
        yield timed("first start", lambda: cluster.reset(0))
        yield timed("start of two replicas", lambda: cluster.reset(1))
        yield changed(cluster, "replicas 1 → 2", subject.changed(replicas=2))
        yield changed(cluster, "replicas 2 → 4", subject.changed(replicas=4))
        yield changed(cluster, "replicas 4 → 1", subject.changed(replicas=1))
        yield changed(cluster, "variant", subject.changed(variant=subject.other_variant()))
        yield changed(cluster, "variant back", subject.changed(variant=first))
        yield changed(cluster, "batch 1 → 4", subject.changed(batch=4))
        yield changed(cluster, "cores 1 → 2 in place", subject.changed(cores=2))
        begun = perf_counter()
    yield "end of everything", perf_counter() - begun, 0


def by_restart(backend: str) -> Iterator[Took]:
    """A change of cores where replicas are replaced for it."""
    scenario = small_scenario()
    scenario = replace(scenario, physics=replace(scenario.physics, resize_s=None))
    with closing(cluster_of(backend, scenario)) as cluster:
        cluster.reset(0)
        subject = Subject(make=lambda scenario: cluster_of(backend, scenario))
        yield changed(cluster, "cores 1 → 2 by new replicas", subject.changed(cores=2))


def timed(what: str, act: Callable[[], None]) -> Took:
    """How long it takes."""
    begun = perf_counter()
    act()
    return what, perf_counter() - begun, 0


def changed(cluster: LiveCluster, what: str, configuration: Configuration) -> Took:
    """How long a change takes until the first stage is as asked for and nothing starts or drains."""
    wanted = configuration.stages[0].first
    begun, dropped = perf_counter(), 0
    cluster.apply(configuration)
    while perf_counter() < begun + LONGEST_S:
        window = cluster.advance(max(LOOK_S, cluster.elapsed_s - cluster.now))
        dropped += window.dropped
        stage = window.stages[0]
        if stage.ready == wanted.replicas and not stage.starting + stage.pending + stage.draining:
            return what, perf_counter() - begun, dropped
    raise SystemExit(f"{what} was not done within {LONGEST_S:g} s")


def hops_s(backend: str) -> NDArray[np.float64]:
    """Seconds of hops, shape (requests, stages)."""
    with closing(cluster_of(backend, small_scenario(), NOTHING)) as cluster:
        cluster.reset(0)
        cluster.advance(LOAD_S)
        log = cluster.log
    spans: NDArray[np.float64] = (log.finished_s - log.started_s)[log.completed]
    return spans


def main() -> None:
    """Print the figures of each backend."""
    for backend in sys.argv[1:]:
        print(backend)
        for measured in (in_place, by_restart):
            for what, seconds, dropped in measured(backend):
                print(f"  {what:30} {seconds:7.2f} s  {dropped} dropped", flush=True)
        hops_ms = 1e3 * hops_s(backend)
        for name, each in (("one hop", hops_ms[:, 0]), ("hops of two stages", hops_ms.sum(axis=1))):
            median, p99 = np.quantile(each, (0.5, 0.99))
            print(f"  {name:30} median {median:.2f} ms, p99 {p99:.2f} ms, {len(each)} requests", flush=True)


if __name__ == "__main__":
    main()
