"""What learners see and do: the same by itself, side by side and as an agent; plans are the optimisers' own."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from ipagym.agents import make_agent
from ipagym.agents.learned.policy import PolicyAgent
from ipagym.agents.learned.policy_file import Policy, PolicyCard
from ipagym.bench.episode import run_episode
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs import Codec, make_env, make_scenario, make_vector_env, wrappers
from ipagym.envs.learners.plan_edits import FACTORS, HOLD
from ipagym.envs.learners.plan_table import plan_table
from ipagym.envs.learners.planners import PlanProblem, usual_planner
from ipagym.envs.learners.recent_load import RecentLoad
from ipagym.envs.learners.view import ViewSettings
from ipagym.envs.observation import Observer
from ipagym.forecast.catalogue import make_forecaster
from ipagym.model.validity import check
from ipagym.system.errors import InputError
from ipagym.workload.generators import Constant
from ipagym.workload.mixture import Mixture

FORMS = [
    ("video", ViewSettings()),
    ("video", ViewSettings(action="plan-residual", forecaster="ewma")),
    ("joint", ViewSettings(windows=2)),
    ("infadapter", ViewSettings(action="plan-residual")),
    ("sponge", ViewSettings(action="knobs")),
    ("video", ViewSettings(action="steps")),
]
names = [f"{name}-{settings.action}" for name, settings in FORMS]


def load(name: str) -> str:
    return "step:9:20:360" if name == "infadapter" else "step:9:20:120" if name != "sponge" else "step:9:20:12"


@pytest.mark.parametrize(("name", "settings"), FORMS, ids=names)
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_views_agree_singly_and_side_by_side(name: str, settings: ViewSettings, mode: AutoresetMode) -> None:
    many = wrappers.VectorLearnerView(make_vector_env(3, name, load(name), autoreset_mode=mode), settings)
    one = [lambda: wrappers.LearnerView(make_env(name, load(name)), settings)] * 3
    sync = gym.vector.SyncVectorEnv(one, autoreset_mode=mode)
    assert many.single_action_space == sync.single_action_space
    many.action_space.seed(0)
    assert many.reset(seed=1)[0].tolist() == sync.reset(seed=1)[0].tolist()
    for _ in range(13):
        actions = many.action_space.sample()
        (seen, rewards, *_, info), (wanted, others, *_, other_info) = many.step(actions), sync.step(actions)
        np.testing.assert_allclose(seen, wanted, rtol=1e-6)
        assert rewards.tolist() == others.tolist()
        assert ("final_obs" in info) == ("final_obs" in other_info)
        for mine, theirs in zip(info.get("final_obs", ()), other_info.get("final_obs", ()), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_environments_reset_by_mask_are_those_reset_alone() -> None:
    """The others go on as if nothing had happened."""
    settings, made = ViewSettings(), []
    for _ in range(2):
        env = make_vector_env(2, "video", load("video"), autoreset_mode="Disabled")
        made.append(wrappers.VectorLearnerView(env, settings))
        made[-1].reset(seed=[1, 2])
        made[-1].step([[3], [8]])
    both, other = made
    fresh = both.reset(seed=[5, 5], options={"reset_mask": np.array([True, False])})[0]
    untouched = other.step([[3], [8]])[0]
    alone = wrappers.LearnerView(make_env("video", load("video")), settings)
    assert fresh[0].tolist() == alone.reset(seed=5)[0].tolist()
    assert both.step([[3], [8]])[0][1].tolist() == untouched[1].tolist()


@pytest.mark.parametrize(("name", "settings"), FORMS, ids=names)
def test_a_policy_decides_in_a_comparison_as_in_training(name: str, settings: ViewSettings) -> None:
    scenario = make_scenario(name, load(name))
    env = wrappers.LearnerView(make_env(name, load(name)), settings)
    policy = random_policy(name, env, settings)
    shown, _ = env.reset(seed=3)
    asked, rewards = [], []
    for _ in range(scenario.windows - 1):
        shown, reward, *_ = env.step(policy.actions(shown[np.newaxis])[0])
        asked.append(env.serving.history[-1].configuration)
        rewards.append(reward)
    episode = run_episode(PolicyAgent(policy), CompiledCluster(scenario), scenario, 3)
    assert [window.configuration for window in episode.windows] == asked
    assert episode.rewards.tolist() == rewards
    assert len({str(each) for each in asked}) > 1, "it decides one thing only"


def random_policy(name: str, env: Any, settings: ViewSettings) -> Policy:
    """One layer of random weights, without one action being the most likely of all."""
    scenario, rng = make_scenario(name, load(name)), np.random.default_rng(1)
    width, heads = env.observation_space.shape[0], tuple(env.action_space.nvec.tolist())
    card = PolicyCard(
        algorithm="ppo", scenario=name, workloads=(), seed=0, steps=0, view=settings, heads=heads,
        observation_names=Observer.of(scenario).names, objective=scenario.objective,
        knob_sizes=Codec(scenario.pipeline, scenario.limits).sizes,
    )  # fmt: skip
    shape = (width, sum(heads))
    mean, variance, bias = np.zeros(width), np.ones(width), np.zeros(shape[1])
    if settings.action in ("knobs", "steps"):  # what an observation normally is, so that its changes decide
        mean = env.reset(seed=2)[0].astype(np.float64)
    if settings.action == "steps":  # who always holds, or goes down, shows nothing
        bias[[0, *range(1, len(bias), 2)]] = -1000.0
    elif settings.action != "knobs":
        bias[HOLD] = -1000.0
    return Policy(card=card, mean=mean, variance=variance, weights=(rng.normal(size=shape),), biases=(bias,))


def test_the_plan_for_the_forecast_itself_is_that_of_ipa() -> None:
    """The load is one of the table's levels."""
    scenario = make_scenario("video", "constant:16:120", arrivals="uniform")
    env = wrappers.PlanAction(make_env("video", "constant:16:120", arrivals="uniform"))
    env.reset(seed=0)
    planner = make_agent("ipa", scenario)
    planner.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    wanted = planner.decide(env.serving.history[-1])
    env.step(np.array([FACTORS.tolist().index(1.0)]))
    got = env.serving.history[-1].configuration
    assert env.serving.codec.encode(got).tolist() == env.serving.codec.encode(wanted).tolist()


def test_every_plan_is_within_the_limits() -> None:
    for name in ("video", "joint", "infadapter"):
        scenario = make_scenario(name, load(name))
        table = plan_table(PlanProblem.of(scenario), usual_planner(scenario.pipeline, scenario.limits))
        codec = Codec(scenario.pipeline, scenario.limits)
        for action in table.actions(np.array([0.0, 3.0, 40.0, 1e6]), np.array([0.0, 0.3, 0.1, 9.0])):
            check(codec.decode(action), scenario.pipeline, scenario.limits)


def test_holding_changes_nothing_and_a_residual_edit_changes_one_knob() -> None:
    env = wrappers.PlanAction(make_env("video", load("video")), action="plan-residual")
    env.reset(seed=0)
    before = env.serving.codec.indices_of(env.serving.deployments)[0]
    stay = np.ones(len(before), dtype=np.int64)
    env.step(np.array([HOLD, *stay]))
    assert env.serving.codec.indices_of(env.serving.deployments)[0].tolist() == before.tolist()
    stay[1] = 2
    env.step(np.array([HOLD, *stay]))
    after = env.serving.codec.indices_of(env.serving.deployments)[0]
    assert (after - before).tolist() == [0, 1, 0, 0, 0, 0]


def test_the_forecast_over_arrays_is_that_of_the_forecaster() -> None:
    rng, load_of_two = np.random.default_rng(0), RecentLoad(2)
    load_of_two.begin(np.arange(2))
    each = [make_forecaster("max") for _ in range(2)]
    for _ in range(6):
        arrivals = rng.poisson(9, size=(2, 7))
        load_of_two.see(np.arange(2), arrivals)
        for forecaster, row in zip(each, arrivals, strict=True):
            forecaster.observe(row)
    assert load_of_two.forecast_rps().tolist() == [forecaster.predict() for forecaster in each]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: wrappers.PlanAction(make_env("video"), planer="ipa"), "settings planer"),
        (lambda: wrappers.PlanAction(make_env("video"), planner="ip"), "'ip'"),
        (lambda: wrappers.PlanAction(make_env("video"), action="pln"), "'pln'"),
        (lambda: wrappers.PlanAction(wrappers.StepAction(make_env("video"))), "no other form"),
        (lambda: wrappers.RichObservation(make_env("video", history=3)), "no other form"),
        (lambda: wrappers.LearnerView(gym.make("CartPole-v1")), "environments of ipagym"),
    ],
)
def test_what_cannot_be_viewed_is_refused_in_one_line(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=message) as told:
        make()
    assert "\n" not in str(told.value)


def test_a_mixture_plays_each_of_its_loads() -> None:
    parts = (Constant(rate_rps=2.0, duration_s=60), Constant(rate_rps=9.0, duration_s=90))
    mixture = Mixture(parts=parts)
    drawn = [mixture.rates_rps(np.random.default_rng(seed)) for seed in range(40)]
    assert {len(rates) for rates in drawn} == {60} == {mixture.duration_s}
    assert {rates[0] for rates in drawn} == {2.0, 9.0}
    assert 8 < sum(rates[0] == 2.0 for rates in drawn) < 32
    with pytest.raises(InputError, match="at least one load"):
        Mixture(parts=())
