"""SimPy environments are copied, pickled and forked as compiled ones are: they go on bit for bit."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import ipagym  # noqa: F401 (registers the ids)
from ipagym.cluster.sim import SimpyCluster
from ipagym.envs import ServingEnv
from ipagym.model.window import Window
from tests.test_engines import differences

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.deepcopy,
    "pickle": lambda env: pickle.loads(pickle.dumps(env)),
    "fork": ServingEnv.fork,
}
IDS = ("ipagym/Video-v0", "ipagym/InfAdapter-v0", "ipagym/Joint-v0", "ipagym/Sponge-v0")


def made(env_id: str) -> ServingEnv:
    seconds = 180 if "InfAdapter" in env_id else 60
    env: Any = gym.make(env_id, workload=f"constant:5:{seconds}", backend="simpy", faults="harsh")
    return env.unwrapped  # type: ignore[no-any-return]


def go_on(env: ServingEnv, actions: list[Any]) -> list[Window]:
    for action in actions:
        env.step(action)
    return env.history


def assert_same_course(first: list[Window], second: list[Window]) -> None:
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert not differences(one, other)


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("env_id", IDS)
def test_a_copy_in_mid_episode_goes_on_with_the_same_windows(env_id: str, kind: str) -> None:
    env = made(env_id)
    env.reset(seed=3)
    env.action_space.seed(3)
    actions = [env.action_space.sample() for _ in range(5)]
    go_on(env, actions[:2])
    twin = COPIES[kind](env)
    assert twin.cluster is not env.cluster
    assert_same_course(list(env.history), list(twin.history))
    assert_same_course(go_on(twin, actions[2:]), go_on(env, actions[2:]))
    assert (twin.reset()[0] == env.reset()[0]).all()
    assert_same_course(go_on(twin, actions), go_on(env, actions))


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_before_reset_and_after_close_is_an_environment(kind: str) -> None:
    env = made(IDS[0])
    twin = COPIES[kind](env)
    assert (twin.reset(seed=1)[0] == env.reset(seed=1)[0]).all()
    zeros = [np.zeros(len(env.codec.sizes), dtype=np.int64)] * 2
    go_on(env, zeros)
    env.close()
    assert_same_course(go_on(COPIES[kind](env), zeros), go_on(env, zeros))


def test_copies_keep_the_record_of_every_request() -> None:
    cluster = SimpyCluster(made(IDS[0]).scenario, keep_requests=True)
    cluster.reset(5)
    cluster.advance(30.0)
    twin = copy.deepcopy(cluster)
    assert repr(twin.requests) == repr(cluster.requests)
    assert not differences(twin.advance(10.0), cluster.advance(10.0))
