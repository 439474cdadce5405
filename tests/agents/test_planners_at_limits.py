"""What planners ask for when their solver is at its limit: the best plan found, or else the last one."""

from typing import Any

import mip
import numpy as np
import pytest

from ipagym.agents import make_agent
from ipagym.agents.common.planning_with import planning_with
from ipagym.envs.scenarios import make_scenario
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, StageSetting
from ipagym.optimize.stats import Status
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario
from tests.pipelines import window

PLANNERS = {"ipa": "video", "joint": "joint", "infadapter": "infadapter", "sponge": "sponge"}
"""Planners, and a scenario of each."""

each = pytest.mark.parametrize("name", PLANNERS)


def started(name: str) -> tuple[Any, Scenario]:
    """A planner with a limit, reset, and its scenario."""
    scenario = make_scenario(PLANNERS[name])
    agent: Agent = make_agent(f"{name}:highs+reactive+60s", scenario)
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    return agent, scenario


def decided(agent: Agent, running: Configuration, rate: int) -> Configuration:
    return agent.decide(window(running, arrivals_per_s=[rate] * 10))


def ends(monkeypatch: pytest.MonkeyPatch, status: mip.OptimizationStatus) -> None:
    """Has every solve end with this, with what was found by then."""
    optimize = mip.Model.optimize

    def ended(model: mip.Model, **limits: Any) -> mip.OptimizationStatus:
        optimize(model, **limits)
        return status

    monkeypatch.setattr(mip.Model, "optimize", ended)


def other_than(running: Configuration, plan: Configuration) -> Configuration:
    """A configuration that is neither, as an operator or a lagging scrape may bring into a window."""
    first = plan.stages[0]
    changed = StageSetting.of(first.first.variant, first.first.replicas + 1, first.first.batch, first.first.cores)
    found = Configuration((changed, *plan.stages[1:]))
    assert found not in (running, plan)
    return found


@each
def test_what_runs_stays_where_no_answer_came_in_time_for_the_first_plan(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent, scenario = started(name)
    ends(monkeypatch, mip.OptimizationStatus.NO_SOLUTION_FOUND)
    assert decided(agent, scenario.initial, 9) == scenario.initial
    assert agent.last.status is Status.NO_ANSWER


@each
def test_the_last_plan_stays_where_no_answer_came_in_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, scenario = started(name)
    plan = decided(agent, scenario.initial, 9)
    assert agent.last.status is Status.OPTIMAL
    assert plan != scenario.initial
    ends(monkeypatch, mip.OptimizationStatus.NO_SOLUTION_FOUND)
    for rate in (13, 17):
        assert decided(agent, other_than(scenario.initial, plan), rate) == plan
        assert agent.last.status is Status.NO_ANSWER  # type: ignore[comparison-overlap]
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    assert decided(agent, scenario.initial, 9) == scenario.initial, "a new episode knows of no plan"


@each
def test_the_best_plan_at_the_limit_is_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, scenario = started(name)
    plan = decided(agent, scenario.initial, 9)
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    ends(monkeypatch, mip.OptimizationStatus.FEASIBLE)
    assert decided(agent, scenario.initial, 9) == plan
    assert agent.last.status is Status.FEASIBLE


@each
def test_the_fallback_is_for_what_is_infeasible(name: str) -> None:
    agent, scenario = started(name)
    plan = decided(agent, scenario.initial, 9)
    overloaded = decided(agent, plan, 100_000)
    assert agent.last.status is Status.INFEASIBLE
    assert overloaded != plan


@each
def test_a_limit_that_is_over_at_once_never_takes_the_fallback(name: str) -> None:
    scenario = make_scenario(PLANNERS[name])
    agent: Any = make_agent(f"{name}:0.000000001s+reactive", scenario)
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    assert agent.settings.time_limit_s == 1e-9
    decision = decided(agent, scenario.initial, 9)
    assert agent.last.status is not Status.INFEASIBLE
    assert (agent.last.status is Status.NO_ANSWER) <= (decision == scenario.initial)


def test_a_limit_is_named_beside_solver_and_forecaster() -> None:
    for argument, solver, limit_s in (("", "highs", float("inf")), ("2s", "highs", 2.0), ("cbc+0.5s", "cbc", 0.5)):
        found = planning_with(argument, 10.0)
        assert (found.solver, found.time_limit_s, found.forecaster) == (solver, limit_s, None)
    found = planning_with("1.5s+reactive+cbc", 10.0)
    assert (found.solver, found.time_limit_s) == ("cbc", 1.5)
    assert found.forecaster is not None


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("1s+2s", "names two of a kind"),
        ("0s", "time limit must be above 0 seconds"),
        ("0.0s", "time limit must be above 0 seconds"),
        ("-1s", "unknown solver or forecaster '-1s'"),
        ("1.s", "unknown solver or forecaster"),
        ("s", "unknown solver or forecaster"),
        ("٣s", "unknown solver or forecaster"),
    ],
)
def test_unusable_limits_are_refused(argument: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        planning_with(argument, 10.0)
