"""Other actions and observations: the same single and native, feasible by construction, with every entry."""

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import ipagym
from ipagym.envs import ServingEnv, ServingVectorEnv, make_env, make_vector_env, wrappers
from ipagym.system.errors import InputError

SHORT = "constant:9:120"
PAIRS: list[tuple[str, Any, Any]] = [
    ("video", wrappers.StepAction, wrappers.VectorStepAction),
    ("infadapter", wrappers.StepAction, wrappers.VectorStepAction),
    ("joint", wrappers.StepAction, wrappers.VectorStepAction),
    ("sponge", wrappers.FlatAction, wrappers.VectorFlatAction),
    ("joint", wrappers.BoxAction, wrappers.VectorBoxAction),
    ("infadapter", wrappers.ShareAction, wrappers.VectorShareAction),
]
names = [f"{name}-{single.__name__}" for name, single, _ in PAIRS]


def load(name: str) -> str:
    return "constant:9:360" if name == "infadapter" else SHORT


@pytest.mark.parametrize(("name", "single", "vector"), PAIRS, ids=names)
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_native_and_single_wrappers_agree_and_never_ask_for_too_much(
    name: str, single: Any, vector: Any, mode: AutoresetMode
) -> None:
    many = vector(make_vector_env(3, name, load(name), autoreset_mode=mode))
    sync = gym.vector.SyncVectorEnv([lambda: single(make_env(name, load(name)))] * 3, autoreset_mode=mode)
    assert many.single_action_space == sync.single_action_space
    many.action_space.seed(0)
    assert many.reset(seed=1)[0].tolist() == sync.reset(seed=1)[0].tolist()
    limits = many.unwrapped.scenario.limits
    for _ in range(14):
        actions = many.action_space.sample()
        (seen, rewards, *_, info), (wanted, others, *_) = many.step(actions), sync.step(actions)
        assert seen.tolist() == wanted.tolist()
        assert rewards.tolist() == others.tolist()
        if limits.max_cores is not None:
            assert info["requested_cores"].max() <= limits.max_cores


@pytest.mark.parametrize("env_id", sorted(ipagym.ENV_IDS))
def test_every_id_has_a_discrete_and_a_box_action(env_id: str) -> None:
    for wrapper in (wrappers.StepAction, wrappers.BoxAction, wrappers.DictObservation, wrappers.GraphObservation):
        env = wrapper(gym.make(env_id, workload=load("infadapter")))
        env.reset(seed=0)
        observation, *_ = env.step(env.action_space.sample())
        assert env.observation_space.contains(observation)


def test_a_step_moves_one_knob_by_one_and_holds_at_the_ends() -> None:
    env = wrappers.StepAction(make_env("video", SHORT))
    env.reset(seed=0)
    serving: ServingEnv = env._serving
    before = serving.codec.encode(serving.history[-1].configuration)
    assert env.form.names[4] == "crop.replicas up"  # type: ignore[attr-defined]
    env.step(4)
    after = serving.codec.encode(serving.history[-1].configuration)
    assert (after - before).tolist() == [0, 1, 0, 0, 0, 0]
    env.step(1)  # the lightest variant has none below it
    assert serving.codec.encode(serving.history[-1].configuration).tolist() == after.tolist()
    masks = env.action_masks()
    assert masks[0]
    assert not masks[1]
    assert masks[4]


def test_steps_hold_where_a_budget_binds() -> None:
    env = wrappers.StepAction(make_env("infadapter", load("infadapter")))
    env.reset(seed=0)
    masks = env.action_masks()  # resnet152 has all 20 cores
    assert np.flatnonzero(masks).tolist() == [0, 9]
    for _ in range(4):
        env.step(9)
    assert np.flatnonzero(env.action_masks()).tolist() == [0, 2, 4, 6, 8, 9, 10]


def test_shares_of_a_total() -> None:
    form = wrappers.VectorShareAction(make_vector_env(1, "infadapter")).form
    none = np.zeros((1, 5), dtype=np.int64)

    def cores(*action: int) -> list[int]:
        found: list[int] = form.indices(np.array([action]), none)[0].tolist()
        return found

    assert cores(19, 1, 0, 0, 0, 1) == [10, 0, 0, 0, 10]
    assert cores(9, 1, 1, 1, 0, 0) == [4, 3, 3, 0, 0]
    assert cores(6, 0, 0, 0, 0, 0) == [7, 0, 0, 0, 0]
    assert cores(0, 4, 4, 4, 4, 4) == [1, 0, 0, 0, 0]
    rng = np.random.default_rng(0)
    actions = rng.integers(0, form.space.nvec, size=(2000, 6))  # type: ignore[attr-defined]
    assert (form.indices(actions, none).sum(axis=1) == 1 + actions[:, 0]).all()


def test_the_box_reaches_every_value_in_equal_parts() -> None:
    form = wrappers.BoxAction(make_env("sponge", SHORT)).form
    scale = np.linspace(-1, 1, 1601)[:, np.newaxis].repeat(2, axis=1)
    found = form.indices(scale, np.zeros((1, 2), dtype=np.int64))
    assert np.bincount(found[:, 1]).tolist() == [100] * 15 + [101]


def test_observations_by_stage_hold_all_entries() -> None:
    plain, native = make_env("nlp", SHORT), wrappers.VectorDictObservation(make_vector_env(2, "nlp", SHORT))
    by_stage = wrappers.DictObservation(make_env("nlp", SHORT))
    flat, parts = plain.reset(seed=2)[0], by_stage.reset(seed=2)[0]
    assert list(parts) == ["pipeline", "nlp-li", "nlp-trans", "nlp-sum"]
    joined = [value for key in parts for value in parts[key].tolist()]
    assert joined == flat.tolist()
    assert native.reset(seed=2)[0]["nlp-sum"][0].tolist() == parts["nlp-sum"].tolist()
    graph = wrappers.GraphObservation(make_env("nlp", SHORT))
    found = graph.reset(seed=2)[0]
    assert found.edge_links.tolist() == [[0, 1], [1, 2]]
    queue = graph.entry_names.index("queue")
    assert found.nodes[2, queue] == flat[plain.observation_names.index("nlp-sum.queue")]
    assert found.nodes[0, graph.entry_names.index("variant")] == 0  # nlp-li has one variant only


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: wrappers.FlatAction(make_env("joint", SHORT)), "too many for FlatAction .* use StepAction"),
        (lambda: wrappers.ShareAction(make_env("video", SHORT)), "needs one stage that runs several variants"),
        (lambda: wrappers.StepAction(gym.make("CartPole-v1")), "for environments of ipagym"),
        (
            lambda: wrappers.VectorStepAction(gym.make_vec("CartPole-v1", 2, vectorization_mode="sync")),
            "for native vector environments",
        ),
        (lambda: stepped(99), "action must be of Discrete"),
        (lambda: stepped(0.5), "action must be of Discrete"),
        (lambda: stepped(np.array([1])), "action must be of Discrete"),
        (lambda: wrappers.BoxAction(make_env("video", SHORT)).action_masks(), "masks only for"),
        (lambda: wrappers.StepAction(make_env("video", SHORT)).step(0), "call reset"),
    ],
)
def test_misuse_is_named(use: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        use()


def stepped(action: Any) -> None:
    env = wrappers.StepAction(make_env("video", SHORT))
    env.reset(seed=0)
    env.step(action)


def test_flat_masks_are_the_feasible_actions() -> None:
    env = wrappers.FlatAction(make_env("joint", SHORT, limits={"node_cores": [4, 4], "max_replicas": 1}))
    env.reset(seed=0)
    masks, codec = env.action_masks(), env._serving.codec
    assert len(masks) == np.prod(codec.sizes)
    cores = [codec.asked(np.array([action]))["cores"] for action in np.ndindex(*codec.sizes)]
    assert masks.tolist() == [bool((each <= 4).all()) for each in cores]


def test_vector_wrappers_are_of_the_native_environment() -> None:
    env: ServingVectorEnv = partial(make_vector_env, 2, "video")(SHORT)
    assert wrappers.VectorStepAction(env).action_space.shape == (2,)


def test_stable_baselines_learns_through_wrappers() -> None:
    sb3 = pytest.importorskip("stable_baselines3")
    contrib = pytest.importorskip("sb3_contrib")
    from ipagym.envs.sb3 import ServingVecEnv

    def stepping() -> ServingVecEnv:
        return ServingVecEnv(wrappers.VectorStepAction(make_vector_env(2, "video", SHORT, autoreset_mode="SAME_STEP")))

    dqn = sb3.DQN("MlpPolicy", stepping(), learning_starts=8, train_freq=4, buffer_size=100, seed=0, device="cpu")
    assert dqn.learn(24).num_timesteps == 24
    masked = contrib.MaskablePPO("MlpPolicy", stepping(), n_steps=4, batch_size=8, seed=0, device="cpu")
    assert masked.learn(16).num_timesteps == 16
    masks = stepping()
    masks.seed(0)
    masks.reset()
    assert np.array(masks.env_method("action_masks")).shape == (2, 13)
    assert masks.get_attr("observation_names")[0][0] == "rate"
    with pytest.raises(InputError, match="for native vector environments of ipagym"):
        ServingVecEnv(gym.make_vec("CartPole-v1", 2, vectorization_mode="sync"))
