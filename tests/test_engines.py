"""The two engines give the same times, drops and windows, to the last bit."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from ipagym.cluster.sim import ENGINES, CompiledCluster, SimpyCluster
from ipagym.cluster.sim.compiled import state_arrays as state
from ipagym.cluster.sim.reference import arrivals
from ipagym.cluster.sim.request import Request
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.records import records_of
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.faults import Faults
from ipagym.task.physics import Physics
from tests.strategies import Run, runs
from tests.tiny import scenario, setting

RECORD = ("index", "sent_s", "arrival_s", "deadline_s", "enqueued_s", "started_s", "finished_s", "batch_sizes",
          "variants", "outcome", "end_s")  # fmt: skip


def same(first: Any, second: Any) -> bool:
    """Equal to the last bit, NaN equal to NaN."""
    return repr(first) == repr(second)


def differences(first: Window, second: Window) -> list[str]:
    """Names of the fields in which two windows differ."""
    differing = []
    for field in fields(Window):
        one, other = getattr(first, field.name), getattr(second, field.name)
        equal = one.tobytes() == other.tobytes() if isinstance(one, np.ndarray) else same(one, other)
        differing += [] if equal else [f"{field.name}: {one} is not {other}"]
    return differing


def record(request: Request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in RECORD}


@given(runs())
def test_both_engines_give_the_same_requests_and_windows(run: Run) -> None:
    simpy, compiled = (engine(run.scenario, keep_requests=True) for engine in (SimpyCluster, CompiledCluster))
    for cluster in (simpy, compiled):
        cluster.reset(run.seed)
    for configuration, seconds in run.decisions:
        for cluster in (simpy, compiled):
            cluster.apply(configuration)
        window = simpy.advance(seconds)
        assert not differences(window, compiled.advance(seconds))
        assert simpy.in_system == compiled.in_system
        for mine, own in zip(records_of(window), compiled.records, strict=True):  # type: ignore[union-attr]
            assert mine.tolist() == own.tolist()
    for one, other in zip(simpy.requests, compiled.requests, strict=True):
        assert same(record(one), record(other))


def test_memory_does_not_grow_with_the_episode() -> None:
    steady = scenario((50.0,) * 2000, setting(replicas=30), limits=Limits(max_replicas=30))
    cluster = CompiledCluster(steady)
    cluster.reset(1)
    sizes = []
    for _ in range(20):
        for _ in range(10):
            cluster.advance(10.0)
        arrays = cluster._population.state.arrays.values()
        sizes.append(sum(array.nbytes for each in arrays for array in each))
    assert cluster._population.state.sims[0]["arrived"] > 90_000
    assert sizes[0] == sizes[-1] < 1e6


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_snapshot_is_gone_back_to_and_forked_from(engine: Any) -> None:
    chosen = scenario((30.0,) * 8, setting(2), setting(1), physics=Physics(faults=Faults(crashes_per_hour=900.0)))
    cluster = engine(chosen)
    cluster.reset(3)
    cluster.advance(1.5)
    snapshot, twin = cluster.snapshot(), cluster.fork()
    first = [cluster.advance(1.0) for _ in range(6)]
    cluster.restore(snapshot)
    for other in (cluster, twin):
        for window in first:
            assert not differences(window, other.advance(1.0))


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_the_configuration_in_force_is_the_last_one_asked_for(engine: Any) -> None:
    cluster = engine(scenario((4.0,) * 8, setting(1)))
    before, after = cluster.scenario.initial, Configuration((setting(2),))
    snapshot = cluster.snapshot()
    assert cluster.configuration == snapshot.configuration == before
    cluster.apply(after)
    assert cluster.configuration == cluster.fork().configuration == cluster.snapshot().configuration == after
    cluster.restore(snapshot)
    assert cluster.configuration == before
    cluster.apply(after)
    cluster.reset(1)
    assert cluster.configuration == before


def test_a_snapshot_of_the_other_engine_is_refused() -> None:
    simpy, compiled = SimpyCluster(scenario((4.0,) * 4)), CompiledCluster(scenario((4.0,) * 4))
    for cluster, other in ((simpy, compiled), (compiled, simpy)):
        cluster.advance(1.0)
        with pytest.raises(InputError, match="of another engine"):
            cluster.restore(other.snapshot())
        assert cluster.now == 1.0


def test_a_queue_of_any_length_is_held() -> None:
    chosen = scenario((3000.0,) * 3 + (0.0,) * 3, setting(1, 8), physics=Physics(order="edf"))
    windows = []
    for engine in (SimpyCluster, CompiledCluster):
        cluster = engine(chosen)
        cluster.reset(0)
        windows.append(cluster.advance(4.0))
    assert not differences(*windows)
    assert windows[0].in_system > 8000


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_time_goes_forward_only(seconds: float) -> None:
    with pytest.raises(InputError, match="seconds must be above 0"):
        CompiledCluster(scenario((1.0, 1.0))).advance(seconds)


def test_a_bad_configuration_changes_nothing() -> None:
    cluster = CompiledCluster(scenario((4.0, 4.0)))
    with pytest.raises(InputError, match=r"replicas of stage stage0 must be in 1\.\.4, not 9"):
        cluster.apply(Configuration((setting(9),)))
    cluster.apply(Configuration((setting(2),)))
    assert cluster.advance(1.0).stages[0].starting == 1


def test_requests_must_be_kept_to_be_seen() -> None:
    with pytest.raises(InputError, match="keep_requests=True"):
        _ = CompiledCluster(scenario((1.0, 1.0))).requests


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_an_overload_ends_before_the_memory_does(engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (state, arrivals):
        monkeypatch.setattr(module, "MOST_IN_SYSTEM", 1024)
    cluster = engine(scenario((2000.0, 2000.0)))
    with pytest.raises(InputError, match="lower the load"):
        cluster.advance(2.0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_timer_goes_before_an_arrival_of_the_same_instant(engine: str) -> None:
    """The first request has waited for its second just as the next one arrives: it is served without that one."""
    due = scenario(
        (1.0,) * 6, setting(batch=2), physics=Physics(arrivals="uniform", batch_timeout_s=1.0, service="constant")
    )
    cluster = ENGINES[engine](due, keep_requests=True)
    cluster.reset(0)
    cluster.advance(6.0)
    first = cluster.requests[0]
    assert (first.arrival_s, cluster.requests[1].arrival_s, first.started_s[0]) == (0.5, 1.5, 1.5)
    assert first.batch_sizes == [1]
