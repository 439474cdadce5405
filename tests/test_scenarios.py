"""Every scenario of the package: it says what the papers say, and runs with its reference optimiser on both engines."""

import warnings
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import ipagym
from ipagym.agents import make_agent, suitable
from ipagym.bench.episode import run_episode
from ipagym.cluster.sim import ENGINES
from ipagym.envs import ServingEnv, ServingVectorEnv
from ipagym.envs.scenarios import descriptions, make_scenario, names
from ipagym.model.configuration import Limits, requested_cores
from ipagym.optimize.joint.program import JointProblem, solve
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario
from ipagym.workload.opening import Opening

REFERENCE = {
    "video": "ipa",
    "audio-qa": "ipa",
    "audio-sent": "ipa",
    "sum-qa": "ipa",
    "nlp": "ipa",
    "infadapter": "infadapter",
    "sponge": "sponge",
    "sponge-yolov5n": "sponge",
    "sponge-resnet18": "sponge",
    "joint": "joint",
    "digits": "ipa",
    "video-day": "ipa",
    "video-day-faults": "ipa",
    "joint-day": "joint",
    "infadapter-day": "infadapter",
    "sponge-waves": "sponge",
}


@pytest.fixture(autouse=True)
def _no_trace_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IPAGYM_TRACES", raising=False)


def test_every_scenario_has_an_id_a_sentence_and_a_reference() -> None:
    assert set(names()) == set(REFERENCE) == set(descriptions()) == set(ipagym.ENV_IDS.values())
    assert all(len(sentence) > 20 for sentence in descriptions().values())


def opening(name: str, windows: int) -> Scenario:
    """The first windows of a scenario's load."""
    whole = make_scenario(name)
    seconds = int(min(windows * whole.interval_s, whole.workload.duration_s))
    return replace(whole, workload=Opening(whole=whole.workload, duration_s=seconds))


@pytest.mark.parametrize("name", REFERENCE)
def test_an_episode_with_the_reference_is_the_same_on_both_engines(name: str) -> None:
    scenario = opening(name, 60 if name != "infadapter-day" else 15)  # at the full rate of the trace
    episodes = [
        run_episode(make_agent(REFERENCE[name], scenario), make(scenario), scenario, 1) for make in ENGINES.values()
    ]
    first, second = episodes
    assert len(first.windows) == scenario.windows - 1
    assert first.rewards.tolist() == second.rewards.tolist()
    assert [str(w.configuration) for w in first.windows] == [str(w.configuration) for w in second.windows]
    assert np.isfinite(first.rewards).all()
    arrived = sum(window.arrivals for window in first.windows)
    violated = sum(window.violations for window in first.windows)
    assert violated < 0.35 * arrived


@pytest.mark.parametrize("name", ["audio-qa", "infadapter", "sponge", "joint"])
def test_the_reference_survives_a_broken_cluster(name: str) -> None:
    slo = "tight" if name == "audio-qa" else None
    scenario = make_scenario(name, slo=slo, faults="harsh")
    episode = run_episode(make_agent(REFERENCE[name], scenario), ENGINES["compiled"](scenario), scenario, 2)
    assert np.isfinite(episode.rewards).all()
    calm = make_scenario(name, slo=slo)
    without = run_episode(make_agent(REFERENCE[name], calm), ENGINES["compiled"](calm), calm, 2)
    violated = [sum(window.violations for window in each.windows) for each in (without, episode)]
    assert violated[0] < violated[1]


@pytest.mark.parametrize("name", ["infadapter", "sponge", "joint"])
def test_every_agent_that_suits_survives_an_episode(name: str) -> None:
    scenario = opening(name, 25)
    agents = [name for name in suitable(scenario) if name != "clairvoyant"]  # tests/agents/test_clairvoyant.py has it
    assert {"joint", "random", "static-min", "static-max", "mpc", "ipa"} <= set(agents)
    for agent in agents:
        episode = run_episode(make_agent(agent, scenario), ENGINES["compiled"](scenario), scenario, 3)
        assert np.isfinite(episode.rewards).all(), agent


def test_a_budget_binds_the_joint_program() -> None:
    free, bounded = make_scenario("infadapter"), make_scenario("infadapter")
    problems = [
        JointProblem(
            pipeline=free.pipeline,
            rate_rps=120.0,
            limits=Limits(max_replicas=1, max_deployments=5, max_cores=most),
            objective=Objective(alpha=1.0, beta=0.0001),
        )
        for most in (8, 20)
    ]
    found = [solve(problem) for problem in problems]
    for each, most in zip(found, (8, 20), strict=True):
        assert requested_cores(each.answer, bounded.pipeline) <= most
    assert found[0].objective < found[1].objective


@pytest.mark.parametrize("env_id", ipagym.ENV_IDS)
def test_the_environment_checkers_find_nothing(env_id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(env_id).unwrapped
        check_env(env, skip_render_check=True)
        check_env_sb3(env)


@pytest.mark.parametrize("name", ["infadapter", "sponge", "joint"])
def test_the_vector_environment_steps_as_the_single_one(name: str) -> None:
    scenario = make_scenario(name)
    several, single = ServingVectorEnv(scenario, 2), ServingEnv(scenario)
    several.reset(seed=4)
    single.reset(seed=5)
    single.action_space.seed(6)
    for _ in range(12):
        action = single.action_space.sample()
        observation, reward, *_ = single.step(action)
        observations, rewards, *_ = several.step(np.stack([action, action]))
        assert observations[1].tolist() == observation.tolist()
        assert rewards[1] == pytest.approx(reward, abs=1e-12)


@pytest.mark.parametrize("name", REFERENCE)
def test_actions_and_configurations_stand_for_each_other(name: str) -> None:
    env = ServingEnv(make_scenario(name))
    env.action_space.seed(1)
    for _ in range(50):
        action = env.action_space.sample()
        configuration = env.codec.decode(action)
        again = env.codec.decode(env.codec.encode(configuration))
        assert again == configuration


def test_a_budget_is_never_exceeded_by_an_action() -> None:
    env = ServingEnv(make_scenario("infadapter"))
    env.reset(seed=0)
    *_, info = env.step(np.full(5, 19))
    assert info["requested_cores"] == 20
    *_, info = env.step(np.zeros(5, dtype=np.int64))
    assert info["configuration"]["variant"].tolist() == [[0, -1, -1, -1, -1]]


def test_the_network_is_seen() -> None:
    env = ServingEnv(make_scenario("sponge"))
    observation, info = env.reset(seed=0)
    seen = dict(zip(env.observation_names, observation.tolist(), strict=True))
    way_s = env.history[0].network_s
    assert info["truth"]["network_max_s"] == way_s.max()
    assert seen["network_max"] == pytest.approx(way_s.max() / (way_s.max() + 1.0), abs=1e-6)
    assert seen["budget_min"] == pytest.approx(1 - way_s.max(), abs=1e-6)
    assert seen["budget_mean"] == pytest.approx(1 - way_s.mean(), abs=1e-6)


def test_the_tight_slo_is_a_fifth_of_the_papers() -> None:
    paper, tight = make_scenario("video", slo="paper"), make_scenario("video", slo="tight")
    assert tight.pipeline.slo_s == pytest.approx(paper.pipeline.slo_s / 5, abs=1e-5)
    for name in ("audio-qa", "audio-sent", "sum-qa", "nlp"):
        assert make_scenario(name, slo="tight").pipeline.slo_s < make_scenario(name).pipeline.slo_s / 4


def test_latency_competes_under_the_tight_slo() -> None:
    chosen = {
        slo: run_episode(make_agent("ipa", scenario), ENGINES["compiled"](scenario), scenario, 1)
        for slo in ("paper", "tight")
        for scenario in [make_scenario("video", "steady-high", slo=slo)]
    }
    batches = {
        slo: np.mean([s.first.batch for w in episode.windows for s in w.configuration.stages])
        for slo, episode in chosen.items()
    }
    assert batches["tight"] <= batches["paper"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "infadaptr"}, "did you mean 'infadapter'"),
        ({"name": "video", "slo": "loose"}, "'paper' or 'tight'"),
        ({"name": "infadapter", "slo": "tight"}, "seconds or paper"),
        ({"name": "video", "slo": "tight", "slo_s": 1.0}, "not both"),
        ({"name": "nowhere.yaml"}, "no file"),
    ],
)
def test_bad_names_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_scenario(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize("agent", ["infadapter", "sponge"])
def test_agents_for_one_stage_say_so(agent: str) -> None:
    scenario = make_scenario("video")
    with pytest.raises(InputError, match="choose a scenario such as"):
        make_agent(agent, scenario).reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
