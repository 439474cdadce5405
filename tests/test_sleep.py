"""Replicas that sleep when idle and wake for requests: whole trajectories on both engines."""

from typing import Any

import pytest

from ipagym.cluster.sim import ENGINES
from ipagym.model.configuration import Configuration, Limits
from ipagym.system.errors import InputError
from ipagym.task.physics import Physics
from tests.tiny import scenario, setting

both = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)


def physics(keep_alive_s: float, **changes: Any) -> Physics:
    return Physics(**{  # type: ignore[arg-type]
        "arrivals": "uniform", "service": "constant", "batch_timeout_s": 0.0, "keep_alive_s": keep_alive_s
    } | changes)  # fmt: skip


def started(engine: Any, rates: tuple[float, ...], *settings: Any, **changes: Any) -> Any:
    cluster = engine(scenario(rates, *settings, **changes), keep_requests=True)
    cluster.reset(0)
    return cluster


@both
def test_an_idle_replica_sleeps_without_cores_and_loads_its_model_when_woken(engine: Any) -> None:
    cluster = started(engine, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), setting(), physics=physics(1.0))
    windows = [cluster.advance(1.0) for _ in range(6)]
    assert [window.cores for window in windows] == [1.0, 0.75, 0.0, 0.5, 1.0, 1.0]
    assert [window.stages[0].asleep for window in windows] == [0, 1, 1, 0, 0, 0]
    assert [window.stages[0].starting for window in windows] == [0, 0, 0, 1, 1, 0]
    assert [request.end_s for request in cluster.requests] == [0.75, 5.75]


@both
def test_as_many_wake_as_batches_wait(engine: Any) -> None:
    cluster = started(engine, (0.0, 0.0, 4.0, 0.0, 0.0, 0.0), setting(4), physics=physics(0.0))
    assert cluster.advance(1.0).stages[0].asleep == 4
    cluster.advance(1.25)
    assert cluster.advance(0.25).stages[0].starting == 2
    cluster.advance(3.5)
    assert [request.started_s for request in cluster.requests] == [[4.125], [4.375], [4.375], [4.625]]
    batches = started(engine, (0.0, 0.0, 4.0, 0.0, 0.0, 0.0), setting(4, batch=4), physics=physics(0.0))
    batches.advance(3.0)
    assert batches.advance(1.0).stages[0].starting == 1


@both
def test_what_sleeps_goes_on_sleeping_through_a_change_of_variant(engine: Any) -> None:
    cluster = started(engine, (0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0), setting(2), physics=physics(0.5))
    cluster.advance(1.0)
    cluster.apply(Configuration((setting(2, name="big"),)))
    window = cluster.advance(1.0)
    assert (window.cores, window.stages[0].asleep) == (0.0, 2)
    window = cluster.advance(5.0)
    assert [request.variants for request in cluster.requests] == [["big"]]
    assert [request.end_s for request in cluster.requests] == [2.5 + 3.0 + 0.5]
    assert window.stages[0].asleep == 2


@both
def test_a_sleeper_leaves_its_room_to_others(engine: Any) -> None:
    cluster = started(
        engine, (1.0, *[0.0] * 7), setting(), setting(2), physics=physics(1.5), limits=Limits(node_cores=(2,))
    )
    assert cluster.advance(1.0).stages[1].pending == 1
    window = cluster.advance(2.0)
    assert (window.stages[1].pending, window.stages[0].asleep) == (0, 1)
    assert [request.end_s for request in cluster.requests] == [1.0]


@both
def test_fewer_replicas_let_sleepers_go_first_and_more_start(engine: Any) -> None:
    cluster = started(engine, (0.0,) * 20, setting(4), physics=physics(1.0))
    cluster.advance(2.0)
    cluster.apply(Configuration((setting(2),)))
    assert cluster.advance(1.0).stages[0].asleep == 2
    cluster.apply(Configuration((setting(3),)))
    window = cluster.advance(1.0)
    assert (window.stages[0].starting, window.stages[0].asleep) == (1, 2)


@pytest.mark.parametrize("keep_alive_s", [-1.0, 0.5, float("nan"), float("inf")])
def test_a_replica_stays_awake_for_as_long_as_a_batch_may_wait(keep_alive_s: float) -> None:
    with pytest.raises(InputError, match="keep_alive_s must be finite and at least the batch timeout"):
        Physics(batch_timeout_s=1.0, keep_alive_s=keep_alive_s)


@pytest.mark.parametrize("service", ["noisy", "gamma", "gamma:x", "gamma:0", "lognormal:nan", "poisson", ""])
def test_a_service_distribution_that_is_none_is_refused(service: str) -> None:
    with pytest.raises(InputError, match="service distribution"):
        Physics(service=service)
