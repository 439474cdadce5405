"""Every id with the tools of the field: what they record, batch and check goes through, on episodes of a few steps.

Tools that are not installed are skipped; `python scripts/integrations_table.py` says which, and runs these tests.
"""

import warnings
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import ipagym
from ipagym.task.environment_ids import multi_objective

pytestmark = pytest.mark.filterwarnings("ignore")  # of other packages, about each other

SHORT: dict[str, Any] = {"workload": "constant:12:120", "interval_s": 10.0}
STEPS = 11
IDS = sorted(ipagym.ENV_IDS)
every_id = pytest.mark.parametrize("env_id", IDS)


def tool(name: str) -> Any:
    """A module of a tool; the test is skipped where it is not installed."""
    pytest.importorskip(name.partition(".")[0])
    return import_module(name)


def episode(env: Any, seed: int) -> list[Any]:
    """The steps of an episode of random actions."""
    env.reset(seed=seed)
    steps = [env.step(env.action_space.sample())]
    while not steps[-1][3]:
        steps.append(env.step(env.action_space.sample()))
    return steps


@every_id
def test_sb3_checks_the_environment(env_id: str) -> None:
    checker = tool("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checker.check_env(gym.make(env_id, **SHORT))


@every_id
def test_sb3_contrib_finds_the_masks(env_id: str) -> None:
    masker = tool("sb3_contrib.common.wrappers").ActionMasker(gym.make(env_id, **SHORT), "action_masks")
    utils = tool("sb3_contrib.common.maskable.utils")
    env: Any = gym.make(env_id, **SHORT)
    assert utils.get_action_masks(masker).tolist() == env.action_masks().tolist()
    assert utils.get_action_masks(env).shape == (sum(env.action_space.nvec),)


@every_id
def test_mo_gymnasium_wraps_the_vector(env_id: str) -> None:
    wrappers, vector = tool("mo_gymnasium.wrappers"), tool("mo_gymnasium.wrappers.vector")
    make = partial(tool("mo_gymnasium").make, multi_objective(env_id), **SHORT)
    steps = episode(wrappers.MORecordEpisodeStatistics(make()), 0)
    assert steps[-1][4]["episode"]["r"] == pytest.approx(sum(step[1] for step in steps), rel=1e-5)
    weights = np.array([0.5, 0.3, 0.2])
    _, reward, *_, info = episode(wrappers.LinearReward(make(), weight=weights), 0)[0]
    assert reward == pytest.approx(info["vector_reward"] @ weights)
    many = vector.MOSyncVectorEnv([make] * 2)
    many.reset(seed=0)
    action = many.action_space.sample()
    alone = make()
    alone.reset(seed=1)
    assert many.step(action)[1][1] == pytest.approx(alone.step(action[1])[1], rel=1e-6)


@every_id
def test_minari_records_info_and_recovers_the_scenario(
    env_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))
    env = tool("minari").DataCollector(gym.make(env_id, objective={"alpha": 20}, **SHORT), record_infos=True)
    for seed in range(2):
        steps = episode(env, seed)
    dataset = env.create_dataset("ipagym/test-v0")
    assert (dataset.total_episodes, dataset.total_steps) == (2, 2 * STEPS)
    arrivals = [step[4]["truth"]["arrivals"] for step in steps]
    assert dataset[1].infos["truth"]["arrivals"][1:].tolist() == arrivals
    assert dataset.recover_environment().unwrapped.scenario.digest() == env.unwrapped.scenario.digest()


@every_id
def test_tianshou_buffers_info(env_id: str) -> None:
    data = tool("tianshou.data")
    envs = tool("tianshou.env").DummyVectorEnv([partial(gym.make, env_id, **SHORT)] * 2)
    buffer = data.VectorReplayBuffer(2 * STEPS, 2)
    observations, _ = envs.reset()
    for _ in range(STEPS):
        actions = np.stack([space.sample() for space in envs.action_space])
        following, rewards, terminated, truncated, info = envs.step(actions)
        buffer.add(
            data.Batch(
                obs=observations, act=actions, rew=rewards, terminated=terminated, truncated=truncated,
                obs_next=following, info=info,
            )
        )  # fmt: skip
        observations = following
    assert len(buffer) == 2 * STEPS
    assert buffer[STEPS - 1].truncated
    assert buffer[STEPS - 1].info.truth.arrivals == info[0]["truth"]["arrivals"]


@every_id
def test_torchrl_rolls_out_one_and_many(env_id: str) -> None:
    envs, check = tool("torchrl.envs"), tool("torchrl.envs").check_env_specs
    single = envs.GymEnv(env_id, **SHORT)
    check(single)
    assert single.rollout(100).shape == (STEPS,)
    native = gym.make_vec(
        env_id, 2, vectorization_mode="vector_entry_point", autoreset_mode=AutoresetMode.DISABLED, **SHORT
    )
    many = envs.GymWrapper(native)
    check(many)
    assert many.rollout(2 * STEPS, break_when_any_done=False)["next", "truncated"].sum() == 4


@every_id
def test_torchrl_runs_three_in_processes(env_id: str) -> None:
    many = tool("torchrl.envs").GymEnv(f"ipagym:{env_id}", num_envs=3, with_info=False, **SHORT)
    assert many.rollout(2, break_when_any_done=False)["next", "reward"].shape == (3, 2, 1)
    many.close()


def test_rllib_runs_two_to_a_runner() -> None:
    tool("tree")  # RLlib needs it, and a plain Ray does not bring it
    ray, ppo = tool("ray"), tool("ray.rllib.algorithms.ppo")
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    for env_id in IDS:
        config = ppo.PPOConfig().environment(env_id, env_config=SHORT)
        config = config.env_runners(num_env_runners=0, num_envs_per_env_runner=2)
        algorithm = config.training(train_batch_size_per_learner=48, minibatch_size=24, num_epochs=1).build_algo()
        assert algorithm.train()["env_runners"]["num_env_steps_sampled"] >= 48
        algorithm.stop()
    ray.shutdown()


def test_an_argument_that_is_unknown_is_a_type_error() -> None:
    """What TorchRL waits for before it leaves its own argument out."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'frameskip'"):
        gym.make("ipagym/Video-v0", frameskip=1)
