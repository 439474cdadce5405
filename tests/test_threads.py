"""Threads: one at a time in an environment, as many environments as there are threads."""

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from ipagym.cluster.sim import CompiledCluster
from ipagym.cluster.sim.compiled.turn import Turn
from ipagym.envs import ServingEnv, ServingVectorEnv, make_vector_env
from ipagym.model.configuration import Configuration
from ipagym.system.errors import BusyError
from tests.tiny import scenario, setting

THREADS = 8
STEPS = 5
"""Of each thread: the workload is long enough for the steps of all of them, should none be refused."""
INTERVAL_S = 50
LONG = scenario((400.0,) * (INTERVAL_S * (THREADS * STEPS + 1)), setting(4, 4), interval_s=float(INTERVAL_S))


def at_once(*actions: Callable[[], object]) -> list[Exception | None]:
    """What each action raised when all were begun together, each in a thread of its own."""
    barrier = Barrier(len(actions))

    def attempt(action: Callable[[], object]) -> Exception | None:
        barrier.wait()
        try:
            action()
        except Exception as error:
            return error
        return None

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(attempt, actions))


def stepper(environment: Any) -> Callable[[], object]:
    action = environment.action_space.sample()
    return lambda: [environment.step(action) for _ in range(STEPS)]


def test_a_second_thread_in_one_cluster_is_refused() -> None:
    cluster = CompiledCluster(LONG)
    raised = at_once(*[lambda: cluster.advance(100.0)] * THREADS)
    refused = [error for error in raised if error is not None]
    assert refused
    assert all(isinstance(error, BusyError) for error in refused)
    assert "an environment or cluster of its own" in str(refused[0])
    assert cluster.now == 100.0 * (THREADS - len(refused))
    cluster.reset(0)
    assert cluster.advance(1.0).end_s == 1.0


@pytest.mark.parametrize("make", [lambda: ServingEnv(LONG), lambda: ServingVectorEnv(LONG, 4)])
def test_threads_in_one_environment_do_no_harm(make: Callable[[], Any]) -> None:
    """The calls of a step that find the simulator free go on; nothing else is raised, and a reset makes all well."""
    environment, untouched = make(), make()
    environment.reset(seed=0)
    environment.action_space.seed(0)
    raised = at_once(*[stepper(environment)] * THREADS)
    assert any(isinstance(error, BusyError) for error in raised)
    assert all(error is None or isinstance(error, BusyError) for error in raised)
    action = untouched.action_space.sample()
    after = []
    for each in (environment, untouched):
        each.reset(seed=3)
        after.append(each.step(action))
    assert np.array_equal(after[0][0], after[1][0])
    assert np.array_equal(after[0][1], after[1][1])


def test_what_is_refused_changes_nothing() -> None:
    cluster = CompiledCluster(LONG)
    snapshot = cluster.snapshot()
    cluster.apply(Configuration((setting(2, 4),)))
    with cluster._population.turn:
        for refused in (lambda: cluster.apply(Configuration((setting(1, 1),))), lambda: cluster.restore(snapshot)):
            with pytest.raises(BusyError):
                refused()  # type: ignore[no-untyped-call]
    assert cluster.advance(1.0).configuration == Configuration((setting(2, 4),))


@pytest.mark.parametrize("copy", [deepcopy, lambda environment: pickle.loads(pickle.dumps(environment))])
@pytest.mark.parametrize("make", [lambda: ServingEnv(LONG), lambda: make_vector_env(4, "video", "bursty")])
def test_nothing_is_copied_while_it_is_at_work(make: Callable[[], Any], copy: Callable[[Any], Any]) -> None:
    """Half of what a kernel was about to write would be no state to simulate on."""
    environment = make()
    environment.reset(seed=2)
    population = environment.cluster._population if isinstance(environment, ServingEnv) else environment.population  # type: ignore[attr-defined]
    with population.turn, pytest.raises(BusyError):
        copy(environment)
    twin, action = copy(environment), environment.action_space.sample()
    assert np.array_equal(twin.step(action)[0], environment.step(action)[0])


def test_every_thread_may_have_an_environment_of_its_own() -> None:
    environments = [make_vector_env(4, "video", "bursty") for _ in range(THREADS)]
    for environment in environments:
        environment.reset(seed=1)
        environment.action_space.seed(0)
    assert at_once(*map(stepper, environments)) == [None] * THREADS


def test_a_copy_is_free_while_the_original_is_in_use() -> None:
    turn = Turn()
    with turn:
        with deepcopy(turn):
            pass
        with pytest.raises(BusyError), turn:
            pass
    with turn:
        pass
