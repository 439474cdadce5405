"""The contract of every agent, and the rules of each."""

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from ipagym.agents import AGENTS, make_agent
from ipagym.agents.common.packing import largest_replicas
from ipagym.agents.common.planner import Planner
from ipagym.agents.published.ipa import IpaProgram
from ipagym.forecast.maxima import WeightedMaxima
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline
from ipagym.model.validity import check
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario
from tests.pipelines import one_each, small_pipeline, stage_window, window

LIMITS = [Limits(), Limits(max_replicas=1), Limits(max_replicas=4, node_cores=(3, 2)), Limits(node_cores=(1,))]


@dataclass(frozen=True)
class Steady:
    """A constant load."""

    name: str = "steady"
    duration_s: int = 100

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        return np.full(self.duration_s, 5.0)


def scenario(pipeline: Pipeline) -> Scenario:
    return Scenario(pipeline=pipeline, workload=Steady(), initial=one_each(pipeline), objective=Objective(alpha=20.0))


READY_MADE = [
    name
    for name, entry in AGENTS.items()
    if name != "clairvoyant" and not entry.needs_argument and entry.demands(scenario(small_pipeline(2)))
]
"""Agents that need no argument, serve any pipeline, and are not shown the future."""


def episode(agent: Agent, pipeline: Pipeline, limits: Limits, seed: int = 1) -> list[Configuration]:
    """Decisions on a fixed course of loads: none, calm, overload, calm; each followed at once."""
    agent.reset(pipeline, limits, np.random.default_rng(seed))
    running, decisions = one_each(pipeline), []
    for step, load in enumerate([0, 5, 40, 400, 2_000, 5, 0, 3]):
        busy = stage_window(utilisation=min(load / 50, 1.0), ready=step % 3, starting=step % 2, pending=1, draining=1)
        observed = window(running, arrivals_per_s=[load] * 10, stages=[busy] * len(pipeline.stages), start_s=step * 10)
        running = agent.decide(observed)
        decisions.append(running)
    return decisions


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("stages", [1, 3])
@pytest.mark.parametrize("name", READY_MADE)
def test_every_decision_is_legal(name: str, stages: int, limits: Limits) -> None:
    pipeline = small_pipeline(stages)
    for decision in episode(make_agent(name, scenario(pipeline)), pipeline, limits):
        check(decision, pipeline, limits)


@pytest.mark.parametrize("name", READY_MADE)
def test_reset_makes_an_agent_repeat_itself(name: str) -> None:
    pipeline = small_pipeline()
    agent = make_agent(name, scenario(pipeline))
    first = episode(agent, pipeline, Limits())
    episode(agent, small_pipeline(3), Limits(max_replicas=2), seed=9)
    assert episode(agent, pipeline, Limits()) == first


@pytest.mark.parametrize("name", READY_MADE)
def test_agents_meet_the_protocol(name: str) -> None:
    assert isinstance(make_agent(name, scenario(small_pipeline())), Agent)


def test_arguments_reach_the_agent() -> None:
    task = scenario(small_pipeline())
    ipa = make_agent("ipa:cbc+reactive", task)
    assert isinstance(ipa, Planner)
    assert isinstance(ipa.program, IpaProgram)
    assert (ipa.settings.solver, ipa.program.objective) == ("cbc", task.objective)
    assert isinstance(ipa.forecaster, WeightedMaxima)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("ipaa", "unknown agent 'ipaa': did you mean 'ipa'"),
        ("ipa:cbcc", "unknown solver or forecaster 'cbcc'"),
        ("ipa:cbc+highs", "names two of a kind"),
        ("joint:oracle+lstm", "names two of a kind"),
        ("mpc:cbc", "unknown forecaster 'cbc'"),
        ("ipa:", "lacks its argument"),
        ("hpa:fast", "must be a number"),
        ("hpa:0", "target utilisation must be in"),
        ("vpa:-3", "must be a number above 0, as in vpa:1"),
        ("keda:many", "must be a number above 0, as in keda:5"),
        ("threshold:80-30", "0 <= low < high <= 1"),
        ("static:tall", "static is best, or a corner of"),
        ("static:few-many", "says twice"),
        ("hpa:gone.yaml", "no manifest gone.yaml: give the path"),
        ("hpa@v9+v0", "unknown variant"),
        ("hpa@v1", "pin a variant for each of 2 stages"),
        ("hpa@b=3", "batch of stage s0 must be one of"),
        ("hpa@x=3", "pinned knobs are"),
        ("hpa:nan", "target utilisation must be in"),
        ("random:7", "takes no argument"),
        ("ppo", "lacks its argument: write ppo:PATH"),
    ],
)
def test_unusable_specs_are_refused(spec: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        make_agent(spec, scenario(small_pipeline()))


def test_ipa_under_overload_serves_as_much_as_it_can() -> None:
    pipeline = small_pipeline()
    agent = Planner(IpaProgram(Objective()), MovingMaximum())
    agent.reset(pipeline, Limits(max_replicas=3), np.random.default_rng(0))
    decision = agent.decide(window(one_each(pipeline), arrivals_per_s=[10_000] * 10))
    assert agent.last is not None
    assert not agent.last.feasible
    assert decision.stages == (StageSetting.of("v0", 3, 8),) * 2


def test_ipa_without_load_keeps_one_replica_each() -> None:
    pipeline = small_pipeline()
    agent = Planner(IpaProgram(Objective()), MovingMaximum())
    agent.reset(pipeline, Limits(), np.random.default_rng(0))
    decision = agent.decide(window(one_each(pipeline), arrivals_per_s=[0] * 10))
    assert decision.stages == (StageSetting.of("v1", 1, 1),) * 2, "v1 takes no more cores than v0"


def test_random_reaches_every_bound() -> None:
    pipeline, limits = small_pipeline(), Limits(max_replicas=3)
    agent = make_agent("random", scenario(pipeline))
    agent.reset(pipeline, limits, np.random.default_rng(0))
    drawn = {agent.decide(window(one_each(pipeline))).stages[0] for _ in range(1000)}
    assert len(drawn) == 3 * 3 * 4


def test_static_max_fills_the_nodes() -> None:
    assert largest_replicas([2, 2], Limits(max_replicas=10)) == [10, 10]
    assert largest_replicas([4, 1], Limits(max_replicas=3, node_cores=(6, 6))) == [2, 3]
    assert largest_replicas([3, 3], Limits(max_replicas=3, node_cores=(5, 5))) == [1, 1]
    assert largest_replicas([8, 8], Limits(max_replicas=3, node_cores=(4,))) == [1, 1]
