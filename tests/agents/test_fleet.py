"""Fixed fleets carry the peak, keep to the room that there is, and give way to pinned replicas."""

from dataclasses import replace

import numpy as np
import pytest

from ipagym.agents import keeps, make_agent
from ipagym.agents.common.by_stage import latency_of
from ipagym.agents.common.fleet import fleet_of, lightest, load_peak_rps, most_accurate
from ipagym.agents.common.packing import fits
from ipagym.bench.episode import run_episode
from ipagym.cluster.sim import CompiledCluster
from ipagym.model.configuration import Deployment, Limits
from ipagym.model.pipeline import Pipeline
from tests.agents.flexible import Steps, flexible_pipeline, flexible_scenario

SYSTEMS = ["rim", "proteus", "jellyfish", "model-switching", "clipper"]


def capacity_rps(running: list[Deployment], replicas: tuple[int, ...], pipeline: Pipeline) -> list[float]:
    """With the largest batch that leaves half of an equal part of the SLO."""
    found = []
    for each, number, stage in zip(running, replicas, pipeline.stages, strict=True):
        latency = latency_of(each, stage)
        part_s = pipeline.slo_s / len(pipeline.stages)
        batch = max((b for b in stage.batches if 2 * latency.p99(b) <= part_s), default=stage.batches[0])
        found.append(number * latency.throughput_rps(batch))
    return found


@pytest.mark.parametrize("peak", [1.0, 37.0, 200.0])
def test_a_fleet_carries_the_peak_and_not_a_replica_more(peak: float) -> None:
    pipeline = flexible_pipeline(2)
    running = [Deployment("v1", 1, 1, 2)] * 2
    fleet = fleet_of(running, pipeline, Limits(max_replicas=1000), peak)
    assert min(capacity_rps(running, fleet, pipeline)) >= peak * (1 - 1e-6)
    fewer = tuple(max(1, number - 1) for number in fleet)
    assert fewer == fleet or min(capacity_rps(running, fewer, pipeline)) < peak


def test_a_fleet_keeps_to_the_room_that_there_is() -> None:
    pipeline = flexible_pipeline(2)
    running = [Deployment("v1", 1, 1, 2)] * 2
    assert sum(fleet_of(running, pipeline, Limits(max_replicas=99, max_cores=11), 1e6)) == 5
    in_nodes = fleet_of(running, pipeline, Limits(max_replicas=99, node_cores=(3, 5, 1)), 1e6)
    assert sum(in_nodes) == 3
    assert fits([2, 2], list(in_nodes), (3, 5, 1))
    assert fleet_of(running, pipeline, Limits(max_replicas=3), 1e6) == (3, 3)


def test_the_peak_is_the_highest_mean_of_ten_seconds() -> None:
    scenario = flexible_scenario(Steps(rates=(4.0, 40.0, 4.0, 4.0), each_s=5))
    assert load_peak_rps(scenario) == pytest.approx(22.0)
    assert load_peak_rps(
        replace(scenario, interval_s=1.0, workload=Steps(rates=(3.0, 5.0), each_s=2))
    ) == pytest.approx(4.0)


@pytest.mark.parametrize("name", SYSTEMS)
def test_replicas_stay_and_pinned_ones_take_their_place(name: str) -> None:
    scenario = flexible_scenario(Steps(rates=(4.0, 40.0, 4.0), each_s=60))
    for spec, expected in ((name, None), (f"{name}@n=3", 3)):
        episode = run_episode(make_agent(spec, scenario), CompiledCluster(scenario), scenario, 0)
        seen = {sum(d.replicas for d in w.configuration.stages[0].deployments) for w in episode.windows}
        assert len(seen) == 1
        assert expected is None or seen == {expected}
        assert f"replicas {seen.pop()}" in keeps(spec, scenario)


def test_the_fleet_of_the_accurate_is_the_larger_one() -> None:
    pipeline = flexible_pipeline(1)
    stage, found = pipeline.stages[0], Deployment("v1", 1, 1, 2)
    fleets = [
        fleet_of([replace(found, variant=of(stage, found).name)], pipeline, Limits(max_replicas=99), 50.0)[0]
        for of in (lightest, most_accurate)
    ]
    assert np.diff(fleets) > 0
