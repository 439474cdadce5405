"""The vector environment: the same as single ones under the same seeds, resets as Gymnasium has them, and learners."""

import copy
import pickle
from dataclasses import replace
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from hypothesis import given, settings
from hypothesis import strategies as st

from ipagym.cluster.sim import ENGINES
from ipagym.envs import ServingEnv, ServingVectorEnv
from ipagym.envs.options import EnvOptions
from ipagym.model.configuration import Limits
from ipagym.system.errors import InputError
from ipagym.task.faults import Faults
from ipagym.task.physics import DropPolicy, Physics
from ipagym.task.scenario import Scenario
from ipagym.task.telemetry import Telemetry
from tests.tiny import scenario, setting

MODES = (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP)


def busy(**changes: Any) -> Scenario:
    """Two stages under a load that at times exceeds what they can serve."""
    rates = (20.0, 3.0, 40.0, 0.0, 12.0, 25.0)
    return scenario(rates, setting(2), setting(1, 4), limits=Limits(max_replicas=3, node_cores=(5, 4)), **changes)


FAULTY = Physics(
    order="edf",
    drop=DropPolicy(expired=True),
    faults=Faults(crashes_per_hour=900.0, slow_start=0.3, straggler=0.2, node_losses_per_hour=300.0, lost_scrape=0.4),
)


def run(env: Any, actions: np.ndarray, seed: int | None) -> list[tuple[Any, ...]]:
    """What a vector environment gives for these actions, finals included."""
    observations, _ = env.reset(seed=seed)
    course: list[tuple[Any, ...]] = [(observations.tobytes(),)]
    for action in actions:
        observations, rewards, terminated, truncated, info = env.step(action)
        final = [None if last is None else last.tobytes() for last in info.get("final_obs", [])]
        values = (observations.tobytes(), rewards.tolist(), terminated.tolist(), truncated.tolist(), final)
        course.append(values)
    return course


TELEMETRY = [Telemetry(), Telemetry(lag_s=1.0), Telemetry(scrape_s=2.0, lag_s=2.0, load_error=0.5)]


@pytest.mark.parametrize("telemetry", TELEMETRY, ids=["at once", "late", "late, seldom and wrong"])
@pytest.mark.parametrize("physics", [Physics(), FAULTY], ids=["usual", "faulty"])
@pytest.mark.parametrize("mode", MODES)
def test_vector_equals_single_environments(mode: AutoresetMode, physics: Physics, telemetry: Telemetry) -> None:
    chosen = busy(physics=physics, telemetry=telemetry)
    native = ServingVectorEnv(chosen, 5, autoreset=mode)
    singles = SyncVectorEnv([lambda: ServingEnv(chosen)] * 5, autoreset_mode=mode)
    native.action_space.seed(1)
    actions = np.array([native.action_space.sample() for _ in range(17)])
    assert run(native, actions, 3) == run(singles, actions, 3)
    assert native.single_observation_space == singles.single_observation_space
    assert native.action_space == singles.action_space
    assert native.observation_space == singles.observation_space


@settings(max_examples=20)
@given(st.integers(1, 9), st.integers(0, 2**31))
def test_neither_number_nor_neighbours_matter(number: int, seed: int) -> None:
    chosen = busy()
    rng = np.random.default_rng(seed)
    env = ServingVectorEnv(chosen, number)
    actions = rng.integers(0, env.single_action_space.nvec, size=(5, number, 6))  # type: ignore[attr-defined]
    many, _ = env.reset(seed=seed)
    alone = ServingEnv(chosen, options=EnvOptions(with_info=False))
    last, _ = alone.reset(seed=seed + number - 1)
    assert many[-1].tobytes() == last.tobytes()
    for action in actions:
        many, rewards, *_ = env.step(action)
        last, reward, *_ = alone.step(action[-1])
        assert (many[-1].tobytes(), rewards[-1]) == (last.tobytes(), reward)


def test_make_vec_by_entry_point() -> None:
    env = gym.make_vec("ipagym/Video-v0", 3, vectorization_mode="vector_entry_point", workload="constant:5")
    observations, _ = env.reset(seed=1)
    assert observations.shape == (3, len(env.unwrapped.observation_names))  # type: ignore[attr-defined]
    assert env.action_masks().shape == (3, sum(env.single_action_space.nvec))  # type: ignore[attr-defined]
    single = gym.make("ipagym/Video-v0", workload="constant:5")
    assert observations[2].tobytes() == single.reset(seed=3)[0].tobytes()
    env.close()


def test_a_seed_for_each_and_a_reset_of_some() -> None:
    env = ServingVectorEnv(busy(), 3)
    first, _ = env.reset(seed=[7, 8, 9])
    env.step(env.action_space.sample())
    again, _ = env.reset(seed=[7, None, None], options={"reset_mask": np.array([True, False, False])})
    assert again[0].tobytes() == first[0].tobytes()
    assert again[1].tobytes() != first[1].tobytes()


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda env: env.step(np.zeros((2, 6), dtype=int)), "call reset"),
        (lambda env: (env.reset(), env.step(np.zeros((3, 6), dtype=int))), "6 integers"),
        (lambda env: (env.reset(), env.step(np.full((2, 6), 9))), "stage0.variant must be in 0..1, not 9"),
        (lambda env: (env.reset(), env.step(np.zeros((2, 6)))), "6 integers"),
        (lambda env: env.reset(seed=[1]), "2 of them"),
        (lambda env: env.reset(seed=-1), "seed must be a whole number of 0 or more"),
        (lambda env: env.reset(options={"reset_mask": np.array([1, 0])}), "reset_mask"),
        (lambda env: env.reset(options={"reset_mask": np.zeros(2, dtype=bool)}), "reset_mask"),
        (lambda env: ServingVectorEnv(env.scenario, 0), "num_envs"),
        (lambda env: ServingVectorEnv(env.scenario, 10**9), "num_envs"),
        (lambda env: ServingVectorEnv(env.scenario, 1.5), "num_envs"),  # type: ignore[arg-type]
        (lambda env: ServingVectorEnv(env.scenario, 1, max_episode_steps=0), "max_episode_steps must be"),
        (lambda env: ServingVectorEnv(env.scenario, 1, autoreset="Sometimes"), "autoreset_mode must be one of"),
    ],
)
def test_misuse_is_named(use: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        use(ServingVectorEnv(busy(), 2))


def test_info_holds_windows_and_reward_terms() -> None:
    env = ServingVectorEnv(busy(), 2)
    env.reset(seed=0)
    _, rewards, _, _, info = env.step(env.action_space.sample())
    assert info["truth"]["arrivals"].shape == (2,)
    terms, weights = info["reward_terms"], env.scenario.objective
    expected = weights.alpha * terms["accuracy"] - weights.beta * terms["cost"] - weights.violation * terms["violation"]
    assert rewards == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_fork_goes_on_bit_for_bit(engine: Any) -> None:
    chosen = replace(busy(), physics=FAULTY)
    env = ServingEnv(chosen, engine(chosen))
    env.reset(seed=5)
    env.action_space.seed(5)
    actions = [env.action_space.sample() for _ in range(5)]
    env.step(actions[0])
    twin = env.fork()
    courses = []
    for each in (env, twin):
        steps = [each.step(action) for action in actions[1:]]
        begun, _ = each.reset()
        courses.append(([(o.tobytes(), r, over, str(info)) for o, r, _, over, info in steps], begun.tobytes()))
    assert courses[0] == courses[1]


def copied_env(env: Any) -> Any:
    return copy.deepcopy(env)


def pickled_env(env: Any) -> Any:
    return pickle.loads(pickle.dumps(env))


@pytest.mark.parametrize("double", [copied_env, pickled_env])
@pytest.mark.parametrize("number", [0, 3])
def test_copies_have_memory_of_their_own(double: Any, number: int) -> None:
    chosen = busy(physics=FAULTY)
    env = ServingVectorEnv(chosen, number) if number else ServingEnv(chosen)
    env.reset(seed=4)
    env.action_space.seed(4)
    actions = [env.action_space.sample() for _ in range(8)]
    env.step(actions[0])
    twin = double(env)
    courses = [[each.step(action)[:2] for action in actions[1:5]] for each in (env, twin)]
    for (first, reward), (second, again) in zip(*courses, strict=True):
        assert first.tobytes() == second.tobytes()
        assert np.array_equal(reward, again)


def test_environments_in_other_processes() -> None:
    chosen = busy()
    several = AsyncVectorEnv([partial(ServingEnv, chosen)] * 2)
    native = ServingVectorEnv(chosen, 2)
    actions = np.array([native.action_space.sample() for _ in range(3)])
    assert run(several, actions, 1) == run(native, actions, 1)
    several.close()


def test_ppo_learns_on_the_adapter_and_sees_the_last_observation() -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    from stable_baselines3.common.evaluation import evaluate_policy

    from ipagym.envs.sb3 import ServingVecEnv

    chosen = busy()
    with pytest.raises(InputError, match="SAME_STEP"):
        ServingVecEnv(ServingVectorEnv(chosen, 2))
    env = ServingVecEnv(ServingVectorEnv(chosen, 4, autoreset=AutoresetMode.SAME_STEP), reward_scale=0.5)
    model = sb3.PPO("MlpPolicy", env, n_steps=8, batch_size=16, seed=0, device="cpu")
    model.learn(64)
    assert len(model.ep_info_buffer) == 4 * (model.num_timesteps // 4 // 5)
    env.seed(2)
    env.reset()
    total = 0.0
    for _ in range(5):
        _, rewards, done, infos = env.step(np.zeros((4, 6), dtype=np.int64))
        total += rewards[0]
    assert done.all()
    assert infos[0]["TimeLimit.truncated"]
    assert infos[0]["terminal_observation"].shape == (len(env.get_attr("observation_names")[0]),)
    assert infos[0]["episode"]["r"] == pytest.approx(2 * total)
    returns, _ = evaluate_policy(model, env, n_eval_episodes=4, return_episode_rewards=True)
    assert len(returns) == 4  # type: ignore[arg-type]
    assert env.env_method("action_masks")[3].shape == (sum(env.action_space.nvec),)  # type: ignore[attr-defined]
