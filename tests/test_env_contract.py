"""What learners rely on, for every id: info of one shape, in every kind of vector environment; arguments; masks."""

import json
import re
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv

import ipagym
from ipagym.envs import ServingEnv, make_env, make_vector_env
from ipagym.system.errors import InputError
from ipagym.task.environment_ids import multi_objective

SHORT: dict[str, Any] = {"workload": "constant:12:120", "interval_s": 10.0}
IDS = sorted(ipagym.ENV_IDS)
MODES = list(AutoresetMode)


def shapes(value: Any) -> Any:
    """Keys, shapes and types all the way down."""
    if isinstance(value, dict):
        return {key: shapes(each) for key, each in value.items()}
    return (np.shape(value), np.asarray(value).dtype.str)


def flat(value: Any, name: str = "") -> dict[str, Any]:
    """The leaves by their path."""
    if isinstance(value, dict):
        return {path: leaf for key, each in value.items() for path, leaf in flat(each, f"{name}/{key}").items()}
    if isinstance(value, np.ndarray) and value.dtype == object:
        return {name: [None if each is None else each.tolist() for each in value]}
    return {name: np.asarray(value).tolist()}


@pytest.mark.parametrize("env_id", IDS)
def test_info_has_the_same_keys_shapes_and_types_from_reset_and_step(env_id: str) -> None:
    env = gym.make(env_id, **SHORT)
    _, first = env.reset(seed=3)
    for _ in range(2):
        *_, info = env.step(env.action_space.sample())
        assert shapes(info) == shapes(first)
    assert set(first) == {"seen", "truth", "configuration", "requested_cores", "pending_replicas", "reward_terms"}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("env_id", IDS)
def test_native_sync_and_single_say_the_same(env_id: str, mode: AutoresetMode) -> None:
    native = gym.make_vec(env_id, 3, vectorization_mode="vector_entry_point", autoreset_mode=mode, **SHORT)
    sync = SyncVectorEnv([partial(gym.make, env_id, **SHORT)] * 3, autoreset_mode=mode)
    native.action_space.seed(1)
    results = [flat(dict(enumerate(env.reset(seed=5)))) for env in (native, sync)]
    assert results[0] == results[1]
    over = np.zeros(3, dtype=np.bool_)
    for _ in range(14):
        if mode is AutoresetMode.DISABLED and over.any():
            found: list[Any] = [env.reset(options={"reset_mask": over.copy()}) for env in (native, sync)]
            over[:] = False
        else:
            actions = native.action_space.sample()
            found = [env.step(actions) for env in (native, sync)]
            over = found[0][3]
        results = [flat(dict(enumerate(each))) for each in found]
        assert results[0] == results[1]


def test_info_crosses_processes() -> None:
    for env_id in ("ipagym/Sponge-v0", "ipagym/Joint-v0"):
        several = AsyncVectorEnv([partial(gym.make, env_id, **SHORT)] * 3)
        native = gym.make_vec(env_id, 3, vectorization_mode="vector_entry_point", **SHORT)
        action = native.action_space.sample()
        found = [(env.reset(seed=1), env.step(action))[1] for env in (several, native)]
        assert flat(dict(enumerate(found[0]))) == flat(dict(enumerate(found[1])))
        several.close()


def test_late_figures_are_seen_late_and_the_truth_is_current() -> None:
    env = gym.make("ipagym/Video-v0", workload="constant:12:200", telemetry={"lag_s": 30}, telemetry_age=True)
    truths, seens, ages = [], [], []
    for k in range(8):
        observation, info = env.reset(seed=0) if k == 0 else env.step(env.action_space.sample())[::4]
        truths.append(info["truth"]["arrivals"])
        seens.append(info["seen"]["arrivals"])
        ages.append(round(float(observation[-1]), 6))
    assert seens == [truths[0]] * 4 + truths[1:5]
    assert ages == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3])
    assert len(set(truths)) > 1


def test_simpy_vector_environments_are_those_of_the_compiled_engine() -> None:
    many = [make_vector_env(2, "video", "constant:12:60", backend=name) for name in ("compiled", "simpy")]
    action = many[0].action_space.sample()
    found = [flat(dict(enumerate((*env.reset(seed=4), *env.step(action))))) for env in many]
    assert found[0] == found[1]
    for env in many:
        env.close()


@pytest.mark.parametrize("env_id", IDS)
def test_a_random_masked_action_decodes_to_itself(env_id: str) -> None:
    env: Any = gym.make(env_id).unwrapped
    env.action_space.seed(2)
    sizes = np.cumsum([0, *env.codec.sizes])
    for _ in range(20):
        action = env.feasible_action()
        assert env.codec.encode(env.codec.decode(action)).tolist() == action.tolist()
        asked = env.codec.asked(action[np.newaxis])
        limits = env.scenario.limits
        if limits.max_cores is not None:
            assert (asked["replicas"] * asked["cores"]).sum() <= limits.max_cores
        flags = env.action_masks(action)
        assert flags.sum() == len(action)
        assert all(flags[start + value] for start, value in zip(sizes, action, strict=False))
    sampled = env.action_space.sample(mask=env.action_mask_tuple())
    assert env.action_space.contains(sampled)


def test_masks_after_a_prefix_are_what_exhaustive_search_finds() -> None:
    changes: dict[str, Any] = {
        "limits": {"max_cores": 4, "max_deployments": 2}, "initial": [{"variant": "resnet18", "cores": 4}],
    }  # fmt: skip
    env = make_env("infadapter", **changes)
    sizes = env.codec.sizes
    every = np.array(list(np.ndindex(*([5] * 5))))  # 5 cores and more do not fit anyway
    chosen = every[[env.codec.encode(env.codec.decode(row)).tolist() == row.tolist() for row in every]]
    for prefix in ((), (0,), (1,), (0, 2), (1, 0, 0), (0, 0, 0, 0)):
        begun = chosen[(chosen[:, : len(prefix)] == prefix).all(axis=1)]
        start = sum(sizes[: len(prefix)])
        flags = env.action_masks(np.array(prefix, dtype=int))[start : start + sizes[len(prefix)]]
        assert np.flatnonzero(flags).tolist() == sorted(set(begun[:, len(prefix)].tolist()))


def test_masks_on_nodes_leave_room_for_the_other_stage() -> None:
    env = make_env("joint", "constant:12:60", limits={"node_cores": [6, 4], "max_replicas": 8})
    names, sizes = env.codec.names, np.cumsum([0, *env.codec.sizes])
    after = env.action_masks(np.array([0]))  # one replica of yolov5n, the others at their least
    replicas = after[sizes[1] : sizes[2]]
    assert names[1] == "crop.replicas"
    assert np.flatnonzero(replicas).tolist() == list(range(8))
    wide = env.action_masks(np.array([0, 1, 0]))  # two replicas
    assert np.flatnonzero(wide[sizes[3] : sizes[4]]).tolist() == [0, 1, 2]  # 2 × 4 cores fit, 2 × 8 do not


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"objectve": {"alpha": 1}}, "unexpected keyword argument 'objectve': did you mean 'objective'"),
        ({"objective": {"alpah": 1}}, "objective.alpah: 1: Extra inputs are not permitted, did you mean alpha"),
        ({"objective": {"alpha": "much"}}, "objective.alpha: 'much'"),
        ({"objective": 20}, "objective must be a mapping of fields or Objective"),
        ({"limits": {"max_replicas": 0}}, "limits.max_replicas: 0"),
        ({"physics": {"drop": {"expird": True}}}, "physics.drop.expird: True: .* did you mean expired"),
        ({"faults": {"straggler": 1.0}}, "faults.straggler: 1.0"),
        ({"faults": "usaul"}, "unknown faults 'usaul': did you mean 'usual'"),
        ({"telemetry": {"lag_s": "x"}}, "telemetry.lag_s: 'x'"),
        ({"network": {"name": "5g"}}, "unknown network '5g'"),
        ({"interval_s": "10"}, "interval_s: '10'"),
        ({"backend": "simpie"}, "unknown backend 'simpie': did you mean 'simpy'"),
        ({"history": -1}, "history must be a whole number"),
        ({"elapsed": 1}, "elapsed must be true or false"),
        ({"seed_range": [5, 5]}, "seed_range must be"),
        ({"reward": "scaled"}, "unknown reward 'scaled': did you mean 'scalar'"),
        ({"reward": "no_such_module:reward"}, "no module no_such_module"),
        ({"reward": "math:pi"}, "must be a function of the terms"),
        ({"reward": "vector", "reward_terms": ["acuracy"]}, "unknown reward term 'acuracy': did you mean 'accuracy'"),
        ({"trace": 5}, "trace must be the path"),
    ],
)
def test_bad_arguments_are_named_in_a_line(settings: dict[str, Any], message: str) -> None:
    for make in (partial(gym.make, "ipagym/Video-v0"), partial(make_vector_env, 2, "video")):
        with pytest.raises(InputError) as caught:
            make(**settings)
        assert re.search(message, str(caught.value))
        assert "\n" not in str(caught.value)


FULL: dict[str, Any] = {
    "workload": "constant:12:120", "objective": {"alpha": 20}, "limits": {"max_replicas": 4}, "history": 3,
    "physics": {"drop": {"expired": True}}, "faults": {"straggler": 0.1}, "telemetry": {"lag_s": 20},
    "network": {"payload_kib": 100}, "seed_range": [0, 50], "elapsed": True, "reward": "vector",
}  # fmt: skip


@pytest.mark.parametrize("arguments", [{}, FULL], ids=["bare", "full"])
@pytest.mark.parametrize("env_id", ["ipagym/Video-v0", "ipagym/Joint-v0"])
def test_a_specification_through_json_makes_the_same_environment(env_id: str, arguments: dict[str, Any]) -> None:
    env: Any = gym.make(env_id, **arguments)
    text = env.spec.to_json()
    assert json.loads(text)["max_episode_steps"] == env.unwrapped.scenario.windows - 1
    again: Any = gym.make(EnvSpec.from_json(text))
    assert again.unwrapped.scenario.digest() == env.unwrapped.scenario.digest()
    assert again.unwrapped.observation_names == env.unwrapped.observation_names
    assert again.spec.max_episode_steps == env.spec.max_episode_steps


def test_mappings_change_only_the_fields_that_they_name() -> None:
    whole, changed = make_env("joint").scenario, make_env("joint", **{k: FULL[k] for k in ("objective", "limits")})
    assert changed.scenario.objective.alpha == 20
    assert changed.scenario.objective.violation == whole.objective.violation
    assert changed.scenario.limits.max_replicas == 4
    assert changed.scenario.limits.node_cores == whole.limits.node_cores
    weighted = make_env("nlp", "bursty", objective={"alpha": 3}).scenario.objective  # bursty has an alpha of its own
    assert weighted.alpha == 3


def test_an_episode_of_another_load_and_slo_and_back() -> None:
    options = {"workload": "constant:3:80", "slo_s": 0.5}
    env, native = make_env("video", "constant:12:120"), make_vector_env(2, "video", "constant:12:120")
    alone = make_env("video", "constant:3:80", slo_s=0.5)
    (observation, _), (many, _), (expected, _) = (
        env.reset(seed=3, options=dict(options)), native.reset(seed=[3, 4], options=dict(options)), alone.reset(seed=3)
    )  # fmt: skip
    assert observation.tolist() == expected.tolist() == many[0].tolist()
    action = env.action_space.sample()
    for _ in range(7):
        found, wanted = env.step(action), alone.step(action)
        both = native.step(np.stack([action, action]))
        assert found[0].tolist() == wanted[0].tolist() == both[0][0].tolist()
        assert found[1] == wanted[1] == both[1][0]
    assert found[3]
    assert both[3].all()
    home = make_env("video", "constant:12:120")
    home.reset(seed=3)
    assert env.reset()[0].shape == home.reset()[0].shape
    assert env.scenario.digest() == home.scenario.digest()
    native.step(np.stack([action, action]))
    assert native.scenario.digest() == home.scenario.digest()


def test_seeds_are_drawn_from_their_range() -> None:
    env = make_env("sponge", "constant:5:20", seed_range=[7, 9])
    native = make_vector_env(2, "sponge", "constant:5:20", seed_range=[7, 9])
    plain = make_env("sponge", "constant:5:20")
    known = {plain.reset(seed=seed)[0].tobytes() for seed in (7, 8)}
    drawn = [env.reset(seed=1)[0].tobytes(), *(env.reset()[0].tobytes() for _ in range(6))]
    assert set(drawn) == known
    assert native.reset(seed=1)[0][0].tobytes() == drawn[0]
    assert plain.reset(options={"seed_range": [8, 9]})[0].tobytes() == plain.reset(seed=8)[0].tobytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"worklod": "bursty"}, "unknown option of reset 'worklod': did you mean 'workload'"),
        ({"workload": "brsty"}, "unknown workload 'brsty'"),
        ({"slo_s": -1.0}, "slo_s"),
        ({"seed_range": [3]}, "seed_range must be"),
        ("bursty", "options must be a dictionary"),
    ],
)
def test_bad_options_of_reset_are_named(options: Any, message: str) -> None:
    for env in (make_env("video", "constant:5:60"), make_vector_env(2, "video", "constant:5:60")):
        with pytest.raises(InputError, match=message):
            env.reset(options=options)


def test_native_episodes_end_after_max_episode_steps() -> None:
    env = gym.make_vec("ipagym/Sponge-v0", 2, vectorization_mode="vector_entry_point", max_episode_steps=4)
    single = gym.make("ipagym/Sponge-v0", max_episode_steps=4)
    env.reset(seed=0)
    single.reset(seed=0)
    ends = [env.step(env.action_space.sample())[3].tolist() for _ in range(4)]
    assert ends == [[False, False]] * 3 + [[True, True]]
    assert [single.step(single.action_space.sample())[3] for _ in range(4)] == [False] * 3 + [True]
    assert env.spec is not None
    assert env.spec.kwargs["max_episode_steps"] == 4


def own_reward(terms: Any) -> Any:
    """Cores only; for floats and arrays."""
    return -2 * terms.cost


def test_own_rewards_single_and_native() -> None:
    env, native = (
        make(name="video", workload="constant:9:60", reward=own_reward)
        for make in (make_env, partial(make_vector_env, 2))
    )
    env.reset(seed=0)
    native.reset(seed=0)
    action = env.action_space.sample()
    _, reward, *_, info = env.step(action)
    _, rewards, *_ = native.step(np.stack([action, action]))
    assert reward == rewards[0] == -2 * info["reward_terms"]["cost"]
    for bad, message in ((lambda terms: "much", "must give numbers"), (lambda terms: np.nan, "finite numbers")):
        wrong = make_env("video", "constant:9:60", reward=bad)
        wrong.reset(seed=0)
        with pytest.raises(InputError, match=message):
            wrong.step(action)


@pytest.mark.parametrize("env_id", IDS)
def test_rewards_as_vectors(env_id: str) -> None:
    env: Any = gym.make(multi_objective(env_id), **SHORT)
    native: Any = gym.make_vec(multi_objective(env_id), 2, vectorization_mode="vector_entry_point", **SHORT)
    env.reset(seed=1)
    native.reset(seed=1)
    action = env.action_space.sample()
    _, reward, *_, info = env.step(action)
    _, rewards, *_ = native.step(np.stack([action, action]))
    terms = info["reward_terms"]
    assert env.unwrapped.reward_dim == 3
    assert env.unwrapped.reward_space.contains(reward)
    assert reward.tolist() == [terms["accuracy"], -terms["cost"], -terms["violation"]] == rewards[0].tolist()


OVERLOAD_ONLY = {"violation_rate", "nlp-qa.queue"}
"""What is seldom other than 0 on two scenarios whose SLO is loose and whose second stage is much the faster one."""


@pytest.mark.parametrize("env_id", IDS)
def test_every_entry_is_within_one_and_varies(env_id: str) -> None:
    env: Any = gym.make(env_id, workload="step:5:150")
    env.action_space.seed(1)
    seen = []
    for seed in range(3):
        seen.append(env.reset(seed=seed)[0])
        for k in range(12):
            action = env.action_space.sample()
            seen.append(env.step(action if k % 4 > 1 else 0 * action)[0])
    values = np.array(seen)
    assert np.abs(values).max() <= 1.0
    dead = [name for name, low, high in
            zip(env.unwrapped.observation_names, values.min(axis=0), values.max(axis=0), strict=True)
            if low == high]  # fmt: skip
    assert set(dead) <= OVERLOAD_ONLY


def test_history_is_the_rates_seen_before() -> None:
    env: ServingEnv = make_env("video", "step:5:25", history=2, elapsed=True)
    names = env.observation_names
    observation, _ = env.reset(seed=0)
    rates = [observation[names.index("rate")]]
    for k in range(1, 6):
        observation, *_ = env.step(env.action_space.sample())
        rates.append(observation[names.index("rate")])
        assert observation[names.index("rate_1_ago")] == rates[-2]
        assert observation[names.index("rate_2_ago")] == rates[max(0, k - 2)]
        assert observation[names.index("elapsed")] == pytest.approx((k + 1) * 10 / env.scenario.workload.duration_s)


def test_initial_by_the_names_of_stages_and_networks_by_name() -> None:
    start = {"classification": {"variant": "resnet34"}, "crop": {"variant": "yolov5s", "replicas": 2}}
    env = make_env("video", "constant:9:60", initial=start, network="4g")
    first, second = env.scenario.initial.first_deployments
    assert (first.variant, first.replicas, second.variant) == ("yolov5s", 2, "resnet34")
    assert "network_max" in env.observation_names
    with pytest.raises(InputError, match="an entry for each stage, crop, classification, not crap"):
        make_env("video", initial={"crap": {"variant": "yolov5s"}})
    with pytest.raises(InputError, match="unknown network '5g'"):
        make_env("video", network="5g")


@pytest.mark.parametrize(
    ("reward", "message"),
    [
        (lambda terms: terms["cost"], "reward <lambda> cannot be computed from the terms: TypeError"),
        (lambda: 1.0, "reward <lambda> cannot be computed .* positional"),
        (lambda terms: 1.0 if terms.accuracy > 0.5 else 0.0, "ambiguous"),
    ],
)
def test_what_an_own_reward_raises_is_told_in_a_line(reward: Any, message: str) -> None:
    env = make_vector_env(2, "video", "constant:9:60", reward=reward)
    env.reset(seed=0)
    with pytest.raises(InputError, match=message):
        env.step(env.action_space.sample())


def test_a_batch_of_actions_of_another_size_is_named() -> None:
    env = make_vector_env(2, "video", "constant:9:60")
    env.reset(seed=0)
    with pytest.raises(InputError, match=r"for each of 2 environments, not int64 of shape \(3, 6\)"):
        env.step(np.zeros((3, 6), dtype=np.int64))
