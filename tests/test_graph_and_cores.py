"""Whole trajectories beyond a chain of single deployments, on both engines."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from ipagym.cluster.sim import ENGINES
from ipagym.cluster.sim.request import Outcome
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.system.errors import InputError
from ipagym.task.faults import Faults
from ipagym.task.physics import DropPolicy, Physics
from ipagym.task.scenario import Scenario
from tests.tiny import FixedRates, pipeline, scenario, setting, side_by_side, variant

EVEN = Physics(arrivals="uniform", service="constant", batch_timeout_s=0.0)

both = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def stage(name: str, base_s: float, *after: str, **on_cores: float) -> Stage:
    """A stage with one variant of `base_s` on one core; `c2=0.1` adds 0.1 s on two cores."""
    model = variant("only", base_s)
    known = {int(cores.removeprefix("c")): variant("x", seconds).latency for cores, seconds in on_cores.items()}
    return Stage(name=name, variants=(replace(model, on_cores=known),), batches=(1, 2, 4, 8), after=after)


def graph(*stages: Stage) -> Pipeline:
    return Pipeline(name="graph", stages=stages, slo_s=1.0, idle_watts_per_core=1.0, busy_watts_per_core=2.0)


def served(pipe: Pipeline, rates: tuple[float, ...], *settings: StageSetting, **changes: Any) -> Scenario:
    chosen = settings or (StageSetting.of("only", 1, 1),) * len(pipe.stages)
    fields: dict[str, Any] = {"limits": Limits(max_replicas=4), "physics": EVEN, "interval_s": 1.0} | changes
    return Scenario(pipeline=pipe, workload=FixedRates(rates=rates), initial=Configuration(chosen), **fields)


def kept(engine: Any, chosen: Scenario) -> Any:
    cluster = engine(chosen, keep_requests=True)
    cluster.reset(0)
    return cluster


DIAMOND = graph(
    stage("in", 0.125), stage("fast", 0.25, "in"), stage("slow", 0.5, "in"), stage("join", 0.125, "fast", "slow")
)


@both
def test_a_join_waits_for_its_slowest_branch(engine: Any) -> None:
    cluster = kept(engine, served(DIAMOND, (1.0, 0.0, 0.0)))
    window = cluster.advance(3.0)
    (request,) = cluster.requests
    assert request.enqueued_s == [0.5, 0.625, 0.625, 1.125]
    assert request.finished_s == [0.625, 0.875, 1.125, 1.25]
    assert request.accuracy == 0.5**4
    assert window.completed == 1


@both
def test_a_request_without_a_join_is_answered_by_the_last_of_its_final_stages(engine: Any) -> None:
    cluster = kept(engine, served(graph(stage("a", 0.25), stage("b", 0.5)), (1.0, 0.0, 0.0)))
    cluster.advance(3.0)
    assert [request.end_s for request in cluster.requests] == [1.0]


@both
def test_what_one_branch_drops_leaves_the_queue_of_the_other(engine: Any) -> None:
    branches = graph(stage("quick", 0.125), stage("stuck", 10.0))
    cluster = kept(engine, served(branches, (4.0, 0.0, 0.0, 0.0), physics=replace(EVEN, drop=DropPolicy(max_queue=1))))
    window = cluster.advance(1.0)
    assert [request.outcome for request in cluster.requests] == [
        Outcome.IN_SYSTEM,
        Outcome.IN_SYSTEM,
        Outcome.DROPPED,
        Outcome.DROPPED,
    ]
    assert (window.dropped, window.in_system) == (2, 2)
    assert [seen.queue for seen in window.stages] == [0, 1]
    assert [seen.dropped for seen in window.stages] == [0, 2]


@both
def test_routing_follows_the_weights(engine: Any) -> None:
    several = setting(1, 1)
    several = side_by_side(several.turned(weight=3.0), setting(1, 1, "big"))
    chosen = scenario((8.0, 0.0, 0.0, 0.0), several, physics=EVEN, limits=Limits(max_replicas=4, max_deployments=2))
    cluster = kept(engine, chosen)
    window = cluster.advance(4.0)
    names = [request.variants[0] for request in cluster.requests]
    assert names == ["small", "small", "big", "small"] * 2
    assert window.accuracy == pytest.approx(0.75 * 0.5 + 0.25 * 0.75)
    assert window.cores == 3.0


@both
def test_a_deployment_that_goes_serves_what_it_has(engine: Any) -> None:
    pair = side_by_side(setting(1, 1), setting(1, 1, "big"))
    chosen = scenario((8.0,) + (0.0,) * 9, pair, physics=EVEN, limits=Limits(max_replicas=4, max_deployments=2))
    cluster = kept(engine, chosen)
    cluster.advance(1.0)
    cluster.apply(Configuration((setting(1, 1),)))
    assert cluster.advance(0.25).stages[0].ready == 2
    window = cluster.advance(4.0)
    assert (window.stages[0].ready, window.in_system) == (1, 0)
    assert {request.outcome for request in cluster.requests} == {Outcome.COMPLETED}
    assert cluster.advance(1.0).cores == 1.0


@both
def test_cores_change_in_place_for_the_next_batch(engine: Any) -> None:
    quick = graph(stage("a", 0.5, c2=0.25))
    cluster = kept(engine, served(quick, (1.0, 1.0, 1.0, 0.0), physics=replace(EVEN, resize_s=0.75)))
    cluster.advance(0.5)
    cluster.apply(Configuration((StageSetting.of("only", 1, 1, cores=2),)))
    window = cluster.advance(0.5)
    assert (window.stages[0].resizing, window.stages[0].starting, window.cores) == (1, 0, 1.0)
    window = cluster.advance(1.0)
    assert window.cores == 0.25 * 1 + 0.75 * 2
    cluster.advance(2.0)
    assert [r.finished_s[0] - r.started_s[0] for r in cluster.requests] == [0.5, 0.25, 0.25]


@both
def test_without_in_place_resize_new_cores_need_new_replicas(engine: Any) -> None:
    quick = graph(stage("a", 0.5, c2=0.25))
    cluster = kept(engine, served(quick, (0.0,) * 6, physics=replace(EVEN, resize_s=None)))
    cluster.apply(Configuration((StageSetting.of("only", 1, 1, cores=2),)))
    during = cluster.advance(1.0)
    assert (during.stages[0].ready, during.stages[0].starting, during.cores) == (1, 1, 3.0)
    cluster.advance(1.5)
    assert cluster.advance(1.0).cores == 2.0


@both
def test_a_resize_that_does_not_fit_waits_for_room(engine: Any) -> None:
    quick = graph(stage("a", 0.5, c2=0.25))
    limits = Limits(max_replicas=4, node_cores=(3,))
    start = StageSetting.of("only", 2, 1)
    cluster = kept(engine, served(quick, (0.0,) * 6, start, limits=limits, physics=replace(EVEN, resize_s=0.0)))
    cluster.apply(Configuration((start.turned(cores=2),)))
    assert cluster.advance(1.0).stages[0].resizing == 1
    cluster.apply(Configuration((start.turned(cores=2, replicas=1),)))
    window = cluster.advance(1.0)
    assert (window.stages[0].resizing, window.cores) == (0, 2.0)


@both
def test_a_crash_serves_its_batch_again_and_loads_anew(engine: Any) -> None:
    faults = Faults(crashes_per_hour=1200.0)
    chosen = scenario((2.0,) * 300, physics=replace(EVEN, faults=faults), pipeline=pipeline(1, slo_s=100.0))
    cluster = kept(engine, chosen)
    windows = [cluster.advance(1.0) for _ in range(300)]
    assert sum(w.completed + w.dropped for w in windows) + windows[-1].in_system == 600
    starting = [w.stages[0].starting for w in windows]
    assert 0.2 < np.mean(starting) < 0.6, "up 3 s on average, then 2 s to load: 2 / 5 of the time"
    restarted = [r for r in cluster.requests if r.started_s[0] > r.enqueued_s[0] + 2.0]
    assert restarted


@both
def test_replicas_leave_a_lost_node_and_come_back(engine: Any) -> None:
    faults = Faults(node_losses_per_hour=60.0, node_repair_s=20.0)
    chosen = scenario(
        (1.0,) * 2000,
        setting(2),
        physics=replace(EVEN, faults=faults),
        limits=Limits(max_replicas=2, node_cores=(1, 1)),
    )
    cluster = kept(engine, chosen)
    windows = [cluster.advance(1.0) for _ in range(2000)]
    pending = np.array([w.stages[0].pending for w in windows])
    assert np.mean(pending) == pytest.approx(2 * 20 / 80, abs=0.15), "each node is down 20 s of every 80"
    assert sum(w.completed for w in windows) + windows[-1].in_system == 2000


@both
def test_stragglers_and_slow_starts_take_their_factor(engine: Any) -> None:
    faults = Faults(straggler=0.5, straggler_factor=3.0, slow_start=0.5, slow_start_factor=2.0)
    cluster = kept(engine, scenario((1.0,) * 100, physics=replace(EVEN, faults=faults)))
    cluster.advance(100.0)
    lasted = {round(r.finished_s[0] - r.started_s[0], 9) for r in cluster.requests if r.finished_s[0] > 0}
    assert lasted == {0.25, 0.75}
    cluster.apply(Configuration((setting(4),)))
    assert cluster.advance(1.9).stages[0].starting == 3
    assert 0 < cluster.advance(2.0).stages[0].starting < 3, "some take 2 s, some 4 s"
    assert cluster.advance(0.2).stages[0].starting == 0


@both
def test_a_deadline_at_the_end_of_a_window_passes_in_the_next(engine: Any) -> None:
    stalled = scenario((1.0, 0.0, 0.0, 0.0), pipeline=pipeline(1, base_s=10.0, slo_s=0.5), physics=EVEN)
    cluster = kept(engine, stalled)
    assert [cluster.advance(1.0).violations for _ in range(3)] == [0, 1, 0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: graph(stage("a", 0.1), stage("b", 0.1, "c"), stage("c", 0.1)), "'c', which is not an earlier stage"),
        (lambda: graph(stage("a", 0.1), stage("a", 0.1)), "distinct names"),
        (lambda: stage("a", 0.1, c1=0.2), "on_cores of only"),
        (lambda: Faults(straggler=1.0), "probability straggler"),
        (lambda: Faults(slow_start_factor=0.5), "slow_start_factor"),
        (lambda: Faults(crashes_per_hour=float("nan")), "crashes_per_hour"),
        (lambda: scenario((1.0, 1.0), physics=Physics(faults=Faults(node_losses_per_hour=1.0))), "give node_cores"),
        (lambda: Physics(resize_s=-1.0), "resize_s"),
        (lambda: Limits(max_deployments=0), "max_deployments"),
    ],
)
def test_nonsense_is_named(change: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        change()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (setting().turned(cores=3), r"cores of small must be one of \(1,\), not 3"),
        (setting().turned(weight=0.0), "weight of small"),
        (side_by_side(setting(), setting(1, 1, "big"), setting(1, 1, "big")), "may run 2 deployments, not 3"),
        (side_by_side(setting(), setting()), "different variants"),
    ],
)
def test_impossible_deployments_are_named(wanted: StageSetting, message: str) -> None:
    cluster = ENGINES["compiled"](scenario((1.0, 1.0), limits=Limits(max_replicas=4, max_deployments=2)))
    with pytest.raises(InputError, match=message):
        cluster.apply(Configuration((wanted,)))
