"""The environment's contract."""

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import ipagym
from ipagym.envs import Codec, ServingEnv, make_scenario
from ipagym.envs.masks import Masks
from ipagym.model.configuration import Limits
from ipagym.system.errors import InputError
from ipagym.workload.generators import Constant
from tests.tiny import pipeline, scenario, setting


@pytest.fixture
def env() -> ServingEnv:
    return ServingEnv(scenario((4.0,) * 8, setting(), setting()))


@pytest.mark.parametrize("env_id", sorted(ipagym.ENV_IDS))
def test_gymnasium_and_sb3_check_env_without_a_warning(env_id: str) -> None:
    sb3 = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = gym.make(env_id, workload=Constant(rate_rps=5.0, duration_s=100))
        check_env(made.unwrapped, skip_render_check=True)
        sb3.check_env(made.unwrapped)
        rendered = gym.make(env_id, workload=Constant(rate_rps=5.0, duration_s=100), render_mode="rgb_array")
        check_env(rendered.unwrapped)


def test_module_prefix_registers_without_an_import() -> None:
    assert gym.make("ipagym:ipagym/Video-v0", workload="constant:5").spec is not None


def test_an_episode_is_120_windows_of_ten_seconds() -> None:
    made = gym.make("ipagym/Video-v0", workload="bursty")
    made.reset(seed=1)
    steps, over = 0, False
    while not over:
        _, _, terminated, over, info = made.step(made.action_space.sample())
        assert not terminated
        steps += 1
    assert steps == 119
    assert info["truth"]["end_s"] == 1200.0


def test_observations_are_named_and_within_the_space(env: ServingEnv) -> None:
    observation, _ = env.reset(seed=3)
    assert len(env.observation_names) == len(set(env.observation_names)) == observation.shape[0]
    assert observation.dtype == np.float32
    assert env.observation_space.contains(observation)


def test_same_seed_same_episode(env: ServingEnv) -> None:
    env.action_space.seed(0)
    actions = [env.action_space.sample() for _ in range(7)]
    episodes = []
    for _ in range(2):
        first, _ = env.reset(seed=11)
        steps = [env.step(action) for action in actions]
        episodes.append([first.tobytes(), *[(o.tobytes(), r) for o, r, *_ in steps]])
    assert episodes[0] == episodes[1]


def test_unseeded_resets_differ_and_follow_from_the_first_seed(env: ServingEnv) -> None:
    def arrivals() -> list[Any]:
        env.reset(seed=5)
        return [env.reset()[1]["truth"]["arrivals_per_s"].tolist() for _ in range(6)]

    first = arrivals()
    assert first == arrivals()
    assert len({str(a) for a in first}) > 1


def test_codec_is_a_bijection() -> None:
    codec = Codec(pipeline(2), Limits(max_replicas=4))
    seen = set()
    for flat in range(int(np.prod(codec.sizes))):
        action = np.array(np.unravel_index(flat, codec.sizes))
        configuration = codec.decode(action)
        assert (codec.encode(configuration) == action).all()
        seen.add(configuration)
    assert len(seen) == np.prod(codec.sizes)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        ([0, 0, 0, 0, 0, 4], "stage1.batch must be in 0..3, not 4"),
        ([-1, 0, 0, 0, 0, 0], "stage0.variant must be in 0..1, not -1"),
        ([0, 0, 0], "6 integers"),
        ([0.0] * 6, "6 integers"),
        ([float("nan")] * 6, "6 integers"),
    ],
)
def test_bad_actions_are_named(env: ServingEnv, action: list[float], message: str) -> None:
    env.reset(seed=0)
    with pytest.raises(InputError, match=message):
        env.step(np.array(action))


def test_step_outside_an_episode_is_refused(env: ServingEnv) -> None:
    with pytest.raises(InputError, match="call reset"):
        env.step(np.zeros(6, dtype=np.int64))
    env.reset(seed=0)
    for _ in range(7):
        env.step(np.zeros(6, dtype=np.int64))
    with pytest.raises(InputError, match="call reset"):
        env.step(np.zeros(6, dtype=np.int64))


def test_masks_follow_the_room_on_the_nodes() -> None:
    masks = Masks(Codec(pipeline(1), Limits(max_replicas=4, node_cores=(1, 1)))).after(())
    assert masks.tolist() == [True, False, True, True, False, False, True, True, True, True]


def test_reward_is_the_weighted_sum_of_its_terms(env: ServingEnv) -> None:
    env.reset(seed=0)
    _, reward, _, _, info = env.step(np.array([1, 1, 0, 0, 0, 2]))
    terms, weights = info["reward_terms"], env.scenario.objective
    assert terms["switching"] == 3.0
    expected = weights.alpha * terms["accuracy"] - weights.beta * terms["cost"] - weights.delta * terms["batch"]
    assert reward == pytest.approx(expected - weights.violation * terms["violation"])


def test_render_modes(env: ServingEnv) -> None:
    text = ServingEnv(env.scenario, render_mode="ansi")
    with pytest.raises(InputError, match="call reset"):
        text.render()
    text.reset(seed=0)
    assert "stage1" in text.render()
    picture = ServingEnv(env.scenario, render_mode="rgb_array")
    picture.reset(seed=0)
    assert picture.render().shape == (422, 960, 3)
    assert picture.render().std() > 0
    with pytest.raises(InputError, match="render_mode"):
        ServingEnv(env.scenario, render_mode="humn")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "vidoe"}, "did you mean 'video'"),
        ({"name": "video", "slo_s": 0.0}, "slo_s: 0.0: Input should be greater than 0"),
        ({"name": "video", "interval_s": 0.0}, "interval_s: 0.0: Input should be greater than 0"),
        ({"name": "video", "load": "constant:-1"}, "-1"),
    ],
)
def test_bad_scenarios_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_scenario(**settings)
