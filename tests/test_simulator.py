"""Whole trajectories of the simulator, on deterministic service and evenly spaced arrivals."""

from typing import Any

import numpy as np
import pytest

from ipagym.cluster.sim import ENGINES, SimpyCluster
from ipagym.model.configuration import Configuration, Limits
from ipagym.system.errors import InputError
from ipagym.task.physics import DropPolicy, Physics
from tests.tiny import pipeline, scenario, setting


def physics(**changes: object) -> Physics:
    return Physics(**({"arrivals": "uniform", "service": "constant", "batch_timeout_s": 0.0} | changes))  # type: ignore[arg-type]


def run(cluster: Any, seconds: float, seed: int = 0) -> None:
    cluster.reset(seed)
    cluster.advance(seconds)


def test_one_by_one_on_a_single_replica() -> None:
    cluster = SimpyCluster(scenario((2.0, 2.0), physics=physics()), keep_requests=True)
    run(cluster, 3.0)
    assert [r.arrival_s for r in cluster.requests] == [0.25, 0.75, 1.25, 1.75]
    assert [r.end_s for r in cluster.requests] == [0.5, 1.0, 1.5, 2.0]


def test_queueing_behind_a_busy_replica() -> None:
    cluster = SimpyCluster(scenario((8.0, 0.0), physics=physics()), keep_requests=True)
    run(cluster, 4.0)
    assert [r.end_s for r in cluster.requests] == [0.0625 + 0.25 * k for k in range(1, 9)]


def test_a_full_batch_starts_at_once() -> None:
    chosen = scenario((4.0, 0.0), setting(batch=4), physics=physics(batch_timeout_s=10.0))
    cluster = SimpyCluster(chosen, keep_requests=True)
    run(cluster, 4.0)
    assert [r.started_s for r in cluster.requests] == [[0.875]] * 4
    assert [r.end_s for r in cluster.requests] == [0.875 + 0.625] * 4


def test_a_partial_batch_starts_at_the_timeout_of_its_oldest_request() -> None:
    chosen = scenario((4.0, 0.0, 2.0, 0.0), setting(batch=4), physics=physics(batch_timeout_s=0.6))
    cluster = SimpyCluster(chosen, keep_requests=True)
    run(cluster, 4.0)
    started = [r.started_s[0] for r in cluster.requests]
    assert started == pytest.approx([0.725, 0.725, 0.725, 1.475, 2.85, 2.85])
    assert [r.batch_sizes[0] for r in cluster.requests] == [3, 3, 3, 1, 2, 2]


def test_stages_pass_requests_on_at_completion() -> None:
    cluster = SimpyCluster(scenario((1.0, 0.0), setting(), setting(), physics=physics()), keep_requests=True)
    run(cluster, 2.0)
    (request,) = cluster.requests
    assert (request.finished_s, request.enqueued_s) == ([0.75, 1.0], [0.5, 0.75])
    assert request.accuracy == 0.25


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_finished_batch_is_handed_over_whole(engine: Any) -> None:
    """With no timeout, the first of four must not leave alone while the other three still come."""
    chosen = scenario((8.0, 8.0, 0.0), setting(batch=4), setting(4, 4), physics=physics())
    cluster = engine(chosen, keep_requests=True)
    run(cluster, 9.0)
    handed: dict[float, set[tuple[float, int]]] = {}
    for r in cluster.requests:
        handed.setdefault(r.finished_s[0], set()).add((r.started_s[1], r.batch_sizes[1]))
    # A replica of the second stage is always idle: each batch is served there at once, in one piece.
    assert {size for started in handed.values() for _, size in started} >= {1, 3, 4}
    assert all({at for at, _ in started} == {done} and len(started) == 1 for done, started in handed.items())


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_batch_that_is_handed_over_is_dropped_only_where_nothing_can_start(engine: Any) -> None:
    """Four come to three that wait, in a queue for four: the first completes a batch, which starts; none is lost."""
    chosen = scenario(
        (3.0, 4.0, 0.0, 0.0),
        setting(),
        setting(batch=4),
        physics=physics(batch_timeout_s=9.0, drop=DropPolicy(max_queue=4)),
    )
    cluster = engine(chosen, keep_requests=True)
    run(cluster, 1.0)
    cluster.apply(Configuration((setting(batch=4), setting(batch=4))))
    cluster.advance(2.0)
    assert [r.enqueued_s[1] for r in cluster.requests[3:]] == [2.5] * 4
    assert [r.batch_sizes[1] for r in cluster.requests] == [4, 4, 4, 4, 0, 0, 0]
    assert cluster.in_system == 7


def test_longest_idle_replica_serves_next() -> None:
    cluster = SimpyCluster(scenario((2.0, 2.0), setting(replicas=2), physics=physics()))
    run(cluster, 0.6)
    first, second = cluster._stations[0].fleet.replicas
    assert first.idle_since_s == 0.5
    cluster.advance(0.2)
    assert (first.is_busy, second.is_busy) == (False, True)


def test_new_replicas_are_ready_after_the_load_time() -> None:
    cluster = SimpyCluster(scenario((0.0,) * 6, physics=physics()))
    cluster.reset(0)
    cluster.apply(Configuration((setting(replicas=3),)))
    during = cluster.advance(1.9).stages[0]
    after = cluster.advance(0.2).stages[0]
    assert (during.ready, during.starting) == (1, 2)
    assert (after.ready, after.starting) == (3, 0)


def test_a_variant_change_creates_before_it_deletes() -> None:
    cluster = SimpyCluster(scenario((0.0,) * 8, setting(replicas=2), physics=physics()))
    cluster.reset(0)
    cluster.apply(Configuration((setting(replicas=2, name="big"),)))
    during = cluster.advance(2.5)
    assert (during.stages[0].ready, during.stages[0].starting, during.cores) == (2, 2, 6.0)
    after = cluster.advance(1.0)
    assert (after.stages[0].ready, after.stages[0].starting) == (2, 0)
    assert after.cores == pytest.approx(0.5 * 6 + 0.5 * 4)
    assert cluster.advance(1.0).cores == 4.0


def test_a_superseding_configuration_cancels_the_unfinished_one() -> None:
    cluster = SimpyCluster(scenario((0.0,) * 8, physics=physics()))
    cluster.reset(0)
    cluster.apply(Configuration((setting(replicas=4, name="big"),)))
    cluster.advance(1.0)
    cluster.apply(Configuration((setting(),)))
    window = cluster.advance(5.0)
    assert (window.stages[0].ready, window.stages[0].starting, window.cores) == (1, 0, 1.0)


def test_a_busy_replica_drains_before_it_goes() -> None:
    cluster = SimpyCluster(scenario((8.0, 0.0), setting(replicas=2), physics=physics()), keep_requests=True)
    cluster.reset(0)
    cluster.advance(0.2)
    cluster.apply(Configuration((setting(),)))
    window = cluster.advance(0.01)
    assert (window.stages[0].ready, window.stages[0].draining) == (1, 1)
    window = cluster.advance(3.0)
    assert (window.stages[0].ready, window.stages[0].draining, window.in_system) == (1, 0, 0)


def test_what_does_not_fit_on_the_nodes_stays_pending() -> None:
    limits = Limits(max_replicas=4, node_cores=(2, 1))
    cluster = SimpyCluster(scenario((0.0,) * 8, limits=limits, physics=physics()))
    cluster.reset(0)
    cluster.apply(Configuration((setting(replicas=4),)))
    window = cluster.advance(3.0)
    assert (window.stages[0].ready, window.stages[0].pending) == (3, 1)
    cluster.apply(Configuration((setting(replicas=2),)))
    assert cluster.advance(1.0).stages[0].pending == 0


def test_rolling_out_on_full_nodes_replaces_one_by_one() -> None:
    limits = Limits(max_replicas=4, node_cores=(4,))
    chosen = scenario((0.0,) * 20, setting(replicas=3), limits=limits, physics=physics())
    cluster = SimpyCluster(chosen)
    cluster.reset(0)
    cluster.apply(Configuration((setting(replicas=2, name="big"),)))
    assert cluster.advance(15.0).stages[0].ready == 2
    assert cluster.advance(1.0).cores == 4.0


@pytest.mark.parametrize(
    ("drop", "dropped"),
    [
        (DropPolicy(), 0),
        (DropPolicy(expired=True), 3),
        (DropPolicy(hopeless=True), 4),
        (DropPolicy(max_queue=1), 4),
        (DropPolicy(max_age_s=0.5), 4),
    ],
)
def test_drop_policies(drop: DropPolicy, dropped: int) -> None:
    chosen = scenario((8.0, 0.0), physics=physics(drop=drop), pipeline=pipeline(1, base_s=0.4))
    cluster = SimpyCluster(chosen)
    cluster.reset(0)
    window = cluster.advance(10.0)
    assert window.dropped == dropped
    assert window.completed == 8 - dropped


def test_edf_serves_the_earliest_deadline_and_equals_fifo_when_deadlines_follow_arrivals() -> None:
    ends = []
    for order in ("fifo", "edf"):
        chosen = scenario((8.0, 3.0), setting(batch=2), physics=physics(order=order, batch_timeout_s=0.3))
        cluster = SimpyCluster(chosen, keep_requests=True)
        run(cluster, 10.0)
        ends.append([r.end_s for r in cluster.requests])
    assert ends[0] == ends[1]


def test_a_stalled_stage_is_late_when_the_deadline_passes() -> None:
    chosen = scenario((1.0, 0.0, 0.0, 0.0), pipeline=pipeline(1, base_s=10.0), physics=physics())
    cluster = SimpyCluster(chosen)
    cluster.reset(0)
    assert [cluster.advance(1.0).violations for _ in range(3)] == [0, 1, 0]


def test_same_seed_same_requests_whatever_is_decided() -> None:
    chosen = scenario((5.0,) * 6)
    first, second = SimpyCluster(chosen, keep_requests=True), SimpyCluster(chosen, keep_requests=True)
    for cluster, replicas in ((first, 1), (second, 4)):
        cluster.reset(7)
        cluster.apply(Configuration((setting(replicas=replicas),)))
        cluster.advance(6.0)
    assert [r.arrival_s for r in first.requests] == [r.arrival_s for r in second.requests]
    assert [r.end_s for r in first.requests] != [r.end_s for r in second.requests]


def test_mean_and_p99_of_the_service_noise_are_the_measured_ones() -> None:
    chosen = scenario((1.0,) * 20_000, physics=Physics(batch_timeout_s=0.0), pipeline=pipeline(1, base_s=0.01))
    cluster = SimpyCluster(chosen, keep_requests=True)
    run(cluster, 20_000.0)
    service = np.array(
        [r.finished_s[0] - r.started_s[0] for r in cluster.requests if r.finished_s[0] > 0 and r.batch_sizes[0] == 1]
    )
    assert service.mean() == pytest.approx(0.01, rel=0.01)
    assert np.quantile(service, 0.99) == pytest.approx(0.015, rel=0.02)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_time_goes_forward_only(seconds: float) -> None:
    with pytest.raises(InputError, match="seconds must be above 0"):
        SimpyCluster(scenario((1.0, 1.0))).advance(seconds)
