"""One environment on the compiled engine, treated badly, beside one on SimPy that is not."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ipagym.cluster.sim import SimpyCluster
from ipagym.configuration import Limits
from ipagym.envs import ServingEnv
from ipagym.errors import InputError
from ipagym.faults import Faults
from ipagym.scenario import DropPolicy, Physics
from tests.stateful.bad_input import BAD_SEEDS, bad_actions, refused
from tests.stateful.effort import share
from tests.test_engines import same
from tests.tiny import scenario, setting

SCENARIO = scenario(
    (25.0, 0.0, 60.0, 10.0, 35.0, 5.0, 20.0),
    setting(2, 4),
    setting(1),
    limits=Limits(max_replicas=3, node_cores=(6, 5)),
    physics=Physics(
        order="edf",
        batch_timeout_s=0.1,
        drop=DropPolicy(expired=True, max_queue=40),
        keep_alive_s=0.5,
        faults=Faults(crashes_per_hour=1800.0, straggler=0.2, node_losses_per_hour=600.0, lost_scrape=0.3),
    ),
)
SIZES = ServingEnv(SCENARIO).codec.sizes
ACTIONS = st.tuples(*[st.integers(0, size - 1) for size in SIZES])
KINDS = st.sampled_from([np.int64, np.int32, np.uint8, np.int8, list, tuple])
SEEDS = st.sampled_from([0, 2**31, 2**63, 2**200, True]) | st.integers(0, 2**40)
MORE_BAD_SEEDS = BAD_SEEDS | st.sampled_from([np.int64(3), np.uint8(1), np.float32(2.0), (), object])


def as_kind(action: tuple[int, ...], kind: Any) -> Any:
    return kind(action) if kind in (list, tuple) else np.array(action, dtype=kind)


class Pair(RuleBasedStateMachine):
    """What only the first of the two is asked must leave no trace in it."""

    @initialize()
    def begin(self) -> None:
        self.env, self.twin = ServingEnv(SCENARIO), ServingEnv(SCENARIO, SimpyCluster(SCENARIO))
        self.left, self.is_seeded = 0, False

    def compare(self, results: list[Any]) -> Any:
        mine, other = results
        assert mine[0].tobytes() == other[0].tobytes()
        assert same(mine[1:], other[1:])
        assert self.env.observation_space.contains(mine[0])
        assert np.isfinite(mine[0]).all()
        window = mine[-1]["window"]
        self.in_system += window["arrivals"] - window["completed"] - window["dropped"]
        assert window["in_system"] == self.in_system >= 0
        return mine

    @rule(seed=SEEDS | st.none(), options=st.sampled_from([None, {}, {"unknown": 1}]))
    def reset(self, seed: int | None, options: Any) -> None:
        if not self.is_seeded and seed is None:
            seed = 0  # what an environment draws before it was ever seeded is its own
        self.in_system, self.left, self.is_seeded = 0, SCENARIO.windows - 1, True
        self.compare([env.reset(seed=seed, options=options) for env in (self.env, self.twin)])

    @precondition(lambda self: self.left)
    @rule(action=ACTIONS, kind=KINDS)
    def step(self, action: tuple[int, ...], kind: Any) -> None:
        self.left -= 1
        mine = self.compare([env.step(as_kind(action, kind)) for env in (self.env, self.twin)])
        assert np.isfinite(mine[1])
        assert mine[2:4] == (False, self.left == 0)

    @rule(action=bad_actions(SIZES))
    def refuse_action(self, action: Any) -> None:
        refused(lambda: self.env.step(action))

    @precondition(lambda self: not self.left)
    @rule(action=ACTIONS)
    def refuse_step_outside_an_episode(self, action: tuple[int, ...]) -> None:
        assert "call reset()" in refused(lambda: self.env.step(action))

    @rule(seed=MORE_BAD_SEEDS)
    def refuse_seed(self, seed: Any) -> None:
        refused(lambda: self.env.reset(seed=seed))

    @rule(action=ACTIONS, seed=SEEDS)
    def fork_and_go_astray(self, action: tuple[int, ...], seed: int) -> None:
        """What a fork does does not reach the environment that it was forked from."""
        fork = self.env.fork()
        if self.left:
            fork.step(action)
        fork.reset(seed=seed)
        fork.close()

    @rule()
    def become_a_fork(self) -> None:
        self.env, old = self.env.fork(), self.env
        old.close()

    @rule(action=ACTIONS)
    def come_back(self, action: tuple[int, ...]) -> None:
        """The cluster underneath, sent ahead and restored, is where it was."""
        state = self.env.cluster.snapshot()  # type: ignore[attr-defined]
        self.env.cluster.apply(self.env.codec.decode(action))
        self.env.cluster.advance(1.7)
        self.env.cluster.restore(state)  # type: ignore[attr-defined]

    @rule()
    def close_twice(self) -> None:
        self.env.close()
        self.env.close()


Pair.TestCase.settings = share(3, 30)
TestPair = Pair.TestCase

RAGGED = ([[1], [1, 2]], [0, [1], 0, 0, 0, 0], [np.zeros(6, np.int64), 1])


@pytest.mark.parametrize("action", RAGGED, ids=str)
def test_an_action_of_ragged_lists_is_refused_in_a_line(action: Any) -> None:
    env = ServingEnv(SCENARIO)
    env.reset(seed=0)
    refused(lambda: env.step(action))


def test_an_action_of_time_spans_is_refused() -> None:
    env = ServingEnv(SCENARIO)
    env.reset(seed=0)
    with pytest.raises(InputError, match="6 integers"):
        env.step(np.zeros(6, "timedelta64[s]"))


@pytest.mark.parametrize("seed", [-1, 1.5, "7", np.int64(3)], ids=str)
def test_a_refused_seed_leaves_the_generator_of_the_environment_alone(seed: Any) -> None:
    env, twin = ServingEnv(SCENARIO), ServingEnv(SCENARIO)
    for each in (env, twin):
        each.reset(seed=4)
    with pytest.raises((InputError, gymnasium.error.Error)):
        env.reset(seed=seed)
    assert env.reset()[0].tobytes() == twin.reset()[0].tobytes()
