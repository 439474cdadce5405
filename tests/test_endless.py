"""Bounds on what a scenario may say, so that every one that is accepted ends: intervals, latencies, faults, lags."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ipagym.cluster.sim import CompiledCluster, SimpyCluster
from ipagym.model.configuration import Limits
from ipagym.model.latency import LatencyModel
from ipagym.system.errors import InputError
from ipagym.task.faults import MOST_FAILED_STARTS, MOST_PER_HOUR, Faults
from ipagym.task.physics import Physics
from ipagym.task.scenario import MOST_WINDOWS, Scenario
from ipagym.task.telemetry import Telemetry
from ipagym.workload.generators import Constant
from tests.tiny import pipeline, scenario, setting

DAYS = Constant(rate_rps=1.0, duration_s=2 * MOST_WINDOWS)


def latency(average_s: float) -> LatencyModel:
    return LatencyModel(average_s={1: average_s}, p99_s={1: 1.0})


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: scenario((1.0,) * 20, interval_s=1e-9), r"interval_s must be at least 0.01 s .* not 1e-09"),
        (lambda: scenario((1.0,) * 20, interval_s=float("nan")), r"interval_s must be at least 0.01 s .* not nan"),
        (lambda: scenario((1.0,) * 20, interval_s=10.1), r"at most half of the workload's 20 s, not 10.1"),
        (lambda: scenario((), workload=DAYS, interval_s=1.9), r"interval_s must be at least 2 s for .* not 1.9"),
        (
            lambda: scenario((1.0,) * 20, telemetry=Telemetry(lag_s=3601.0)),
            r"lag_s .* 3600 intervals, 3600 s, not 3601",
        ),
        (lambda: scenario((1.0,) * 20, telemetry=Telemetry(lag_s=1e308)), r"lag_s .* not 1e\+308"),
        (lambda: latency(0.9e-6), r"must satisfy 1e-06 s <= average <= p99, not 9e-07"),
        (lambda: latency(float("nan")), r"must satisfy 1e-06 s <= average"),
        (lambda: Faults(failed_start=0.991), r"failed_start must be at most 0.99, a hundred attempts .* not 0.991"),
        (lambda: Faults(crashes_per_hour=7201.0), r"crashes_per_hour must be in 0..7200, one every half second"),
        (lambda: Faults(node_losses_per_hour=1e6), r"node_losses_per_hour must be in 0..7200"),
        (lambda: Faults(node_repair_s=float("inf")), r"node_repair_s must be finite"),
    ],
)
def test_what_would_never_end_is_refused(make: Callable[[], Any], complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        make()


def test_the_bounds_themselves_are_accepted() -> None:
    assert scenario((1.0,) * 20, interval_s=0.01).windows == 2000
    assert scenario((), workload=DAYS, interval_s=2.0).windows == MOST_WINDOWS
    assert latency(1e-6).average(1) == 1e-6
    assert scenario((1.0,) * 20, telemetry=Telemetry(lag_s=3600.0)).telemetry.lag(1.0) == 3600


def crash_storm() -> Scenario:
    """Crashes as often as may be, of replicas that start in no time but fail to as often as may be."""
    plain = pipeline(2)
    stages = tuple(
        replace(stage, variants=tuple(replace(variant, load_s=0.0) for variant in stage.variants))
        for stage in plain.stages
    )
    faults = Faults(
        crashes_per_hour=MOST_PER_HOUR, failed_start=MOST_FAILED_STARTS,
        node_losses_per_hour=MOST_PER_HOUR, node_repair_s=0.0,
    )  # fmt: skip
    return scenario(
        (5.0,) * 10, setting(4), setting(4), pipeline=replace(plain, stages=stages),
        limits=Limits(max_replicas=4, node_cores=(4, 4)), physics=Physics(faults=faults, keep_alive_s=1.0),
    )  # fmt: skip


def test_a_storm_of_crashes_is_a_bounded_number_of_events_in_each_second() -> None:
    storm = crash_storm()
    compiled, simpy = CompiledCluster(storm, keep_requests=True), SimpyCluster(storm, keep_requests=True)
    for cluster in (compiled, simpy):
        cluster.reset(3)
        for _ in range(10):
            cluster.advance(1.0)
    events = int(compiled._population.state.sims[0]["sequence"])
    hits = (
        2 * (4 + 4) * (MOST_PER_HOUR / 3600) * 10
    )  # eight replicas, by crashes and by losses of nodes, in ten seconds
    attempts = hits / (1 - MOST_FAILED_STARTS)
    assert 0.2 * attempts < events < 2 * attempts
    assert compiled.log.started_s.tobytes() == simpy.log.started_s.tobytes()


@pytest.mark.parametrize("engine", [CompiledCluster, SimpyCluster])
def test_service_in_no_time_at_all_takes_one_event_for_each_batch(engine: Any) -> None:
    """A hundred requests at a time find replicas that serve them faster than the clock can tell late in an episode."""
    quick = LatencyModel(average_s={1: 1e-6}, p99_s={1: 1e-6})
    plain = pipeline(2)
    stages = tuple(
        replace(stage, batches=(1,), variants=(replace(stage.variants[0], latency=quick),)) for stage in plain.stages
    )
    cluster = engine(
        scenario((100.0,) * 20, setting(1), setting(1), pipeline=replace(plain, stages=stages)), keep_requests=True
    )
    cluster.reset(0)
    windows = [cluster.advance(1.0) for _ in range(20)]
    assert sum(window.completed for window in windows) == sum(window.arrivals for window in windows)


def test_losses_of_many_nodes_are_held_from_the_start() -> None:
    """Each node has an event of its own, however few replicas there are."""
    faults = Faults(node_losses_per_hour=MOST_PER_HOUR, node_repair_s=1.0)
    wide = scenario((5.0,) * 10, setting(2), limits=Limits(node_cores=(1,) * 500), physics=Physics(faults=faults))
    compiled, simpy = CompiledCluster(wide, keep_requests=True), SimpyCluster(wide, keep_requests=True)
    assert (
        500
        <= int(compiled._population.state.sims[0]["scheduled"])
        <= len(compiled._population.state.arrays["events"][0])
    )
    for cluster in (compiled, simpy):
        cluster.reset(3)
        cluster.advance(10.0)
    assert compiled.log.started_s.tobytes() == simpy.log.started_s.tobytes()
