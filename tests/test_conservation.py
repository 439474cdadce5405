"""Laws that hold on every path, over random scenarios and random decisions."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ipagym.cluster.sim import SimpyCluster
from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.request import Outcome
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.task.physics import DropPolicy, Physics
from tests.tiny import scenario

SETTINGS = st.builds(
    StageSetting.of, st.sampled_from(["small", "big"]), st.integers(1, 4), st.sampled_from([1, 2, 4, 8])
)
DROPS = st.builds(
    DropPolicy,
    expired=st.booleans(),
    hopeless=st.booleans(),
    max_queue=st.none() | st.integers(1, 20),
    max_age_s=st.none() | st.floats(0.1, 3.0),
)
PHYSICS = st.builds(
    Physics,
    order=st.sampled_from(["fifo", "edf"]),
    batch_timeout_s=st.sampled_from([0.0, 0.1, 1.0]),
    drop=DROPS,
    service=st.sampled_from(["measured", "constant", "gamma:2"]),
    arrivals=st.sampled_from(["poisson", "uniform", "gamma:2"]),
)
NODES = st.none() | st.lists(st.integers(2, 6), min_size=1, max_size=3).map(tuple)


@st.composite
def runs(draw: st.DrawFn) -> tuple[SimpyCluster, list[Configuration], int]:
    stages = draw(st.integers(1, 3))
    rates = tuple(draw(st.lists(st.floats(0, 40), min_size=8, max_size=8)))
    configurations = st.tuples(*[SETTINGS] * stages).map(Configuration)
    chosen = scenario(
        rates,
        *draw(configurations).stages,
        physics=draw(PHYSICS),
        limits=Limits(max_replicas=4, node_cores=draw(NODES)),
    )
    decisions = draw(st.lists(configurations, min_size=8, max_size=8))
    return SimpyCluster(chosen, keep_requests=True), decisions, draw(st.integers(0, 2**31))


@settings(max_examples=150, deadline=None)
@given(runs())
def test_conservation_and_accounting(run: tuple[SimpyCluster, list[Configuration], int]) -> None:
    cluster, decisions, seed = run
    cluster.reset(seed)
    totals = dict.fromkeys(("arrivals", "completed", "dropped", "violations"), 0)
    for configuration in decisions:
        cluster.apply(configuration)
        window = cluster.advance(1.0)
        for name in totals:
            totals[name] += getattr(window, name)
        assert totals["arrivals"] == totals["completed"] + totals["dropped"] + window.in_system
        assert window.in_system == sum(r.outcome is Outcome.IN_SYSTEM for r in cluster.requests)
        _never_idle_with_a_due_batch(cluster)
    due = [r for r in cluster.requests if r.deadline_s < cluster.now or r.outcome is Outcome.DROPPED]
    assert totals["violations"] == sum(r.violated for r in due)


@settings(max_examples=50, deadline=None)
@given(runs())
def test_causality_and_determinism(run: tuple[SimpyCluster, list[Configuration], int]) -> None:
    cluster, decisions, seed = run
    records = []
    for _ in range(2):
        cluster.reset(seed)
        for configuration in decisions:
            cluster.apply(configuration)
            cluster.advance(1.0)
        records.append([str((r.enqueued_s, r.started_s, r.finished_s, r.end_s)) for r in cluster.requests])
    assert records[0] == records[1]
    for request in cluster.requests:
        times = [request.arrival_s]
        for stage, started in enumerate(request.started_s):
            times += [request.enqueued_s[stage], started, request.finished_s[stage]]
        reached = [time_s for time_s in times if time_s == time_s]
        assert reached == sorted(reached)


def _never_idle_with_a_due_batch(cluster: SimpyCluster) -> None:
    timeout_s = cluster.scenario.physics.batch_timeout_s
    for station in cluster._stations:
        if station.fleet.idle() is not None and len(station.queue):
            assert len(station.queue) < station.setting.batch
            assert cluster.now <= station.queue.first_in().enqueued_s[station.stage] + timeout_s


@settings(max_examples=50, deadline=None)
@given(runs())
def test_cores_are_held_by_replicas_that_fit(run: tuple[SimpyCluster, list[Configuration], int]) -> None:
    cluster, decisions, seed = run
    cluster.reset(seed)
    for configuration in decisions:
        cluster.apply(configuration)
        cluster.advance(1.0)
        replicas = [r for station in cluster._stations for r in station.fleet.replicas]
        held = sum(r.cores for r in replicas if r.state is not State.PENDING)
        assert held == sum(station.fleet.life.cores.level for station in cluster._stations)
        if (nodes := cluster.scenario.limits.node_cores) is not None:
            for node, cores in enumerate(nodes):
                placed = [r for r in replicas if r.state is not State.PENDING and r.node == node]
                assert sum(r.cores for r in placed) <= cores


@settings(max_examples=100, deadline=None)
@given(runs())
def test_every_configuration_is_reached_where_there_is_room(run: tuple[SimpyCluster, list[Configuration], int]) -> None:
    cluster, decisions, seed = run
    free = replace(cluster.scenario, limits=Limits(max_replicas=4))
    cluster = SimpyCluster(free)
    cluster.reset(seed)
    for configuration in decisions:
        cluster.apply(configuration)
        cluster.advance(0.7)
        cluster.apply(configuration)
        window = cluster.advance(30.0)
        for asked, seen, station in zip(configuration.stages, window.stages, cluster._stations, strict=True):
            assert (seen.ready, seen.starting, seen.pending, seen.draining) == (asked.first.replicas, 0, 0, 0)
            assert {r.variant.name for r in station.fleet.replicas} == {asked.first.variant}
