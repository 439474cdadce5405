"""What every controller does when the load steps up and down, spikes, or ends; and that none breaks under faults."""

from dataclasses import replace

import numpy as np
import pytest

from ipagym.agents import AGENTS, keeps, make_agent, suitable
from ipagym.agents.common.by_stage import latency_of
from ipagym.bench.episode import Episode, run_episode
from ipagym.cluster.sim import ENGINES
from ipagym.envs import make_scenario
from ipagym.model.configuration import Configuration, Deployment, configured_accuracy, requested_cores
from ipagym.task.scenario import Scenario
from tests.agents.flexible import Steps, flexible_scenario

WITHOUT_NEEDS = [name for name, entry in AGENTS.items() if not entry.needs_argument]

SPELLED = {"vpa": "vpa:1000", "autopilot": "autopilot:300", "autopilot-ml": "autopilot-ml:300"} | {
    "autopilot-horizontal": "autopilot-horizontal:1000"
}
"""Those whose time constants are hours, with time compressed."""

SLOW_TO_FALL = {"ray-serve", "hpa", "keda", "mark", "cocktail", "autopilot", "autopilot-horizontal", "vpa-plus"}
"""They put off a fall by ten minutes or more; a day-old percentile does not fall in an hour at all."""

UNMOVED = {"static-min", "static-max", "hold", "random"}

BY_ACCURACY = {"model-switching", "rim", "proteus", "jellyfish"}
"""They have no other answer to load than a faster variant, or a larger batch."""


def episode_of(name: str, scenario: Scenario) -> Episode:
    agent = make_agent(SPELLED.get(name, name), scenario)
    return run_episode(agent, ENGINES["compiled"](scenario), scenario, 1, name=name)


def capacity_rps(configuration: Configuration, scenario: Scenario) -> float:
    """What the narrowest stage can be planned to serve."""
    return min(
        sum(each.replicas * latency_of(each, stage).throughput_rps(each.batch) for each in setting.deployments)
        for setting, stage in zip(configuration.stages, scenario.pipeline.stages, strict=True)
    )


def at(episode: Episode, share: float) -> Configuration:
    """What was asked for when so much of the episode had passed."""
    return episode.windows[int(share * (len(episode.windows) - 1))].configuration


@pytest.mark.parametrize("name", sorted(set(WITHOUT_NEEDS) - UNMOVED))
def test_a_step_up_and_a_step_down_are_answered(name: str) -> None:
    scenario = flexible_scenario(Steps(rates=(4.0, 40.0, 4.0), each_s=600))
    if name not in suitable(scenario):
        pytest.skip("does not suit the pipeline")
    episode = episode_of(name, scenario)
    before, after = at(episode, 0.32), at(episode, 1.0)
    meanwhile = [window.configuration for window in episode.windows[60:119]]
    during = max(meanwhile, key=lambda each: capacity_rps(each, scenario))
    if name == "clipper":
        assert during.stages[0].first.batch > before.stages[0].first.batch or during.stages[0].first.batch == 8
        return
    rose = capacity_rps(during, scenario) > capacity_rps(before, scenario)
    assert rose or capacity_rps(during, scenario) >= 40.0
    if name in BY_ACCURACY:
        accuracy = [configured_accuracy(each, scenario.pipeline) for each in (before, during, after)]
        assert accuracy[1] <= accuracy[0]
        assert accuracy[2] >= accuracy[1]
    elif name not in SLOW_TO_FALL:
        assert requested_cores(after, scenario.pipeline) < requested_cores(during, scenario.pipeline)


@pytest.mark.parametrize("name", ["hpa", "keda", "ray-serve", "mark"])
def test_the_cautious_fall_in_the_end(name: str) -> None:
    scenario = flexible_scenario(Steps(rates=(4.0, 40.0, 4.0, 4.0, 4.0), each_s=600))
    episode = episode_of(name, scenario)
    cores = [requested_cores(at(episode, share), scenario.pipeline) for share in (0.39, 1.0)]
    assert cores[1] < cores[0]


@pytest.mark.parametrize("name", WITHOUT_NEEDS)
def test_a_spike_and_silence_are_survived(name: str) -> None:
    scenario = flexible_scenario(Steps(rates=(5.0, 5.0, 300.0, 5.0, 0.0, 0.0, 0.0, 0.0), each_s=30))
    if name not in suitable(scenario):
        pytest.skip("does not suit the pipeline")
    episode = episode_of(name, scenario)
    assert np.isfinite(episode.rewards).all()
    assert requested_cores(at(episode, 1.0), scenario.pipeline) <= 64


@pytest.mark.parametrize("name", ["ipa", "joint", "mpc", "fa2", "nexus", "loki", "greedy", "q-learning", "ms-plus"])
def test_silence_costs_little(name: str) -> None:
    scenario = flexible_scenario(Steps(rates=(20.0, 0.0, 0.0), each_s=120))
    episode = episode_of(name, scenario)
    cores = [requested_cores(at(episode, share), scenario.pipeline) for share in (0.3, 1.0)]
    assert cores[1] <= min(cores[0], 4)


def shortened(name: str, windows: int) -> Scenario:
    """The first windows of a scenario on a broken cluster whose figures come late and get lost."""
    whole = make_scenario(name, faults="harsh")
    rates = whole.workload.rates_rps(np.random.default_rng(0))[: int(windows * whole.interval_s)]
    return replace(whole, workload=Steps(rates=tuple(rates.tolist()), each_s=1))


SCENARIOS = ["video", "audio-qa", "sum-qa", "audio-sent", "nlp", "infadapter", "sponge", "joint"]


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_agent_survives_every_scenario_that_it_suits_on_a_broken_cluster(scenario: str, engine: str) -> None:
    chosen = shortened(scenario, 8 if engine == "compiled" else 2)
    for name in suitable(chosen):
        episode = run_episode(make_agent(name, chosen), ENGINES[engine](chosen), chosen, 2, name=name)
        assert np.isfinite(episode.rewards).all(), name


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_an_agent_says_it_keeps_it_keeps(scenario: str) -> None:
    """The values that are said are those that the stages have in every window."""
    chosen = shortened(scenario, 6)
    for name in suitable(chosen):
        parts = [part for part in keeps(name, chosen).split(", ") if part and not part.startswith("one ")]
        said = dict(part.split(" ", 1) for part in parts)
        episode = run_episode(make_agent(name, chosen), ENGINES["compiled"](chosen), chosen, 4, name=name)
        for knob, values in said.items():
            for window in episode.windows:
                stages = zip(window.configuration.first_deployments, values.split(" + "), strict=True)
                assert all(is_as_said(running, knob, value) for running, value in stages), (name, knob)


def is_as_said(running: Deployment, knob: str, value: str) -> bool:
    """Base cores need not be written."""
    found = getattr(running, knob)
    return found is None if (knob, value) == ("cores", "base") else str(found) == value
