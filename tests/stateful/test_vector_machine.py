"""A vector environment beside as many single ones: the same observations, rewards, ends and infos."""

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from numpy.typing import NDArray

from ipagym.envs import ServingEnv, ServingVectorEnv
from ipagym.errors import InputError
from tests.stateful.bad_input import BAD_SEEDS, bad_actions, refused
from tests.stateful.effort import share
from tests.stateful.test_env_machine import ACTIONS, RAGGED, SCENARIO, SEEDS, SIZES

MOST = 4
MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)
KINDS = st.sampled_from([np.int64, np.int16, np.uint8, list])
BAD_OPTIONS = st.sampled_from(
    [{"reset_mask": mask} for mask in (np.zeros(MOST, bool), np.zeros(7, bool), "yes", None, 1, [0.5] * MOST)]
)


class Singles:
    """As many single environments, begun anew as the vector environment says it does."""

    def __init__(self, size: int, mode: AutoresetMode) -> None:
        self.envs = [ServingEnv(SCENARIO) for _ in range(size)]
        self.is_same_step = mode is AutoresetMode.SAME_STEP
        self.is_over = [False] * size
        self.seen: list[Any] = [None] * size

    def reset(self, which: list[bool], seeds: list[Any]) -> NDArray[np.float32]:
        for k in range(len(self.envs)):
            if which[k]:
                self.seen[k], self.is_over[k] = self.envs[k].reset(seed=seeds[k])[0], False
        return np.stack(self.seen)

    def step(self, k: int, action: Any) -> tuple[float, bool, Any, Any]:
        """Reward, whether the episode was over, the last observation of an episode that is, and the window."""
        if self.is_over[k]:
            self.seen[k], info = self.envs[k].reset()
            self.is_over[k] = False
            return 0.0, False, None, info["window"]
        observation, reward, _, is_over, info = self.envs[k].step(action)
        self.seen[k], self.is_over[k] = observation, is_over
        if is_over and self.is_same_step:
            self.seen[k], self.is_over[k] = self.envs[k].reset()[0], False
            return reward, True, observation, info["window"]
        return reward, is_over, None, info["window"]


class Vectors(RuleBasedStateMachine):
    """Bad input goes to the vector environment only and leaves no trace in it."""

    @initialize(size=st.integers(1, MOST), mode=st.sampled_from(MODES), seed=SEEDS)
    def begin(self, size: int, mode: AutoresetMode, seed: int) -> None:
        self.size, self.env, self.singles = size, ServingVectorEnv(SCENARIO, size, autoreset=mode), Singles(size, mode)
        refused(lambda: self.env.step(np.zeros((size, len(SIZES)), np.int64)))
        self.reset(seed)

    @rule(seed=SEEDS)
    def reset(self, seed: int) -> None:
        observations, _ = self.env.reset(seed=seed)
        expected = self.singles.reset([True] * self.size, [int(seed) + k for k in range(self.size)])
        assert observations.tobytes() == expected.tobytes()

    @rule(data=st.data())
    def reset_each_with_its_own_seed(self, data: st.DataObject) -> None:
        seeds = data.draw(st.lists(SEEDS | st.none(), min_size=self.size, max_size=self.size))
        observations, _ = self.env.reset(seed=seeds)
        assert observations.tobytes() == self.singles.reset([True] * self.size, seeds).tobytes()

    @rule(mask=st.lists(st.booleans(), min_size=MOST, max_size=MOST), seed=SEEDS | st.none())
    def reset_some(self, mask: list[bool], seed: int | None) -> None:
        which = mask[: self.size]
        which[0] |= not any(which)
        observations, _ = self.env.reset(seed=seed, options={"reset_mask": np.array(which)})
        seeds = [None if seed is None else int(seed) + k for k in range(self.size)]
        assert observations.tobytes() == self.singles.reset(which, seeds).tobytes()

    @rule(actions=st.lists(ACTIONS, min_size=MOST, max_size=MOST), kind=KINDS)
    def step(self, actions: list[tuple[int, ...]], kind: Any) -> None:
        chosen = actions[: self.size]
        given = chosen if kind is list else np.array(chosen, kind)
        observations, rewards, terminated, truncated, info = self.env.step(given)
        expected = [self.singles.step(k, np.array(action)) for k, action in enumerate(chosen)]
        assert observations.tobytes() == np.stack(self.singles.seen).tobytes()
        assert np.isfinite(observations).all()
        assert self.env.observation_space.contains(observations)
        assert rewards.tolist() == [reward for reward, *_ in expected]
        assert not terminated.any()
        assert truncated.tolist() == [is_over for _, is_over, *_ in expected]
        self.check_info(info, expected)

    def check_info(self, info: dict[str, Any], expected: list[Any]) -> None:
        for k, (_, is_over, final, window) in enumerate(expected):
            if final is not None:
                assert info["final_obs"][k].tobytes() == final.tobytes()
                assert bool(info["_final_obs"][k]) == is_over
            for name in ("arrivals", "completed", "dropped", "in_system", "violations", "cores", "energy_j"):
                assert not info["_window"][k] or info["window"][name][k] == window[name]

    @rule(data=st.data())
    def refuse_actions(self, data: st.DataObject) -> None:
        bad = data.draw(bad_actions(SIZES, self.size))
        refused(lambda: self.env.step(bad))

    @rule(seed=BAD_SEEDS)
    def refuse_seed(self, seed: Any) -> None:
        refused(lambda: self.env.reset(seed=seed))

    @rule(bad=BAD_SEEDS, good=SEEDS)
    def refuse_one_seed_of_several(self, bad: Any, good: int) -> None:
        refused(lambda: self.env.reset(seed=[good] * (self.size - 1) + [bad]))

    @rule(options=BAD_OPTIONS, seed=SEEDS)
    def refuse_options(self, options: Any, seed: int) -> None:
        refused(lambda: self.env.reset(seed=seed, options=options))

    @rule()
    def close_twice(self) -> None:
        self.env.close()
        self.env.close()


Vectors.TestCase.settings = share(4, 25)
TestVectors = Vectors.TestCase


@pytest.fixture
def begun() -> ServingVectorEnv:
    env = ServingVectorEnv(SCENARIO, 2)
    env.reset(seed=0)
    return env


@pytest.mark.parametrize("action", RAGGED, ids=str)
def test_actions_of_ragged_lists_are_refused_in_a_line(begun: ServingVectorEnv, action: Any) -> None:
    refused(lambda: begun.step([action, action]))


@pytest.mark.parametrize("options", ["x", 5, [1], {"reset_mask": [[True], [True, False]]}], ids=str)
def test_options_that_are_none_are_refused(begun: ServingVectorEnv, options: Any) -> None:
    refused(lambda: begun.reset(options=options))


def test_a_seed_that_is_an_array_of_no_dimension_is_refused(begun: ServingVectorEnv) -> None:
    refused(lambda: begun.reset(seed=np.array(3)))  # type: ignore[arg-type]


def test_a_first_reset_of_only_some_is_refused_or_gives_finite_observations() -> None:
    """Those that were never begun have no window to be observed."""
    env = ServingVectorEnv(SCENARIO, 2)
    try:
        observations, _ = env.reset(seed=0, options={"reset_mask": np.array([True, False])})
    except InputError:
        return
    assert np.isfinite(observations).all()
