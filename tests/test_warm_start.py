"""A warm start: an agent's decisions as actions of a view, and a policy that imitates them on seeds of training."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ipagym.agents import make_agent
from ipagym.agents.learned.one_view import OneView
from ipagym.agents.learned.recipe import recipe_for
from ipagym.bench.episode import run_episode
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs import make_scenario
from ipagym.envs.learners.plan_edits import FACTORS, HOLD
from ipagym.envs.learners.planners import PlanProblem
from ipagym.envs.learners.view import ViewSettings
from ipagym.envs.observation import Observer
from ipagym.system.errors import InputError

pytest.importorskip("stable_baselines3")

from ipagym.agents.learned import warm_start
from ipagym.agents.learned.training import Run, TrainSettings, scenario_to_train

LOAD = "step:5:20:300"
SMALL: dict[str, Any] = {
    "envs": 3, "rollout": 30, "batch": 45, "validate_every": 1, "validation_episodes": 2, "steps": 90,
}  # fmt: skip


def settings(out: Path, name: str, algorithm: str, agent: str, **changes: Any) -> TrainSettings:
    recipe = recipe_for(algorithm, name, SMALL | changes)
    return TrainSettings(
        scenario=name, workloads=(LOAD,), out=out, algorithm=algorithm, recipe=recipe, warm_start=agent
    )


@pytest.mark.parametrize("form", ["knobs", "plan", "plan-residual"])
def test_the_nearest_action_stands_for_what_was_decided(form: Any) -> None:
    """Each plan is found again as that plan, and with one more value of a knob by a residual edit; knobs exactly."""
    scenario = make_scenario("video", "constant:20:60")
    seen = OneView(PlanProblem.of(scenario), Observer.of(scenario), ViewSettings(action=form))
    cluster = CompiledCluster(scenario)
    cluster.reset(0)
    seen.see(cluster.advance(scenario.interval_s))
    plans = OneView(PlanProblem.of(scenario), Observer.of(scenario), ViewSettings())
    cluster.reset(0)
    plans.see(cluster.advance(scenario.interval_s))
    for factor in range(len(FACTORS)):
        wanted = plans.configuration(np.array([[factor]]))
        action = seen.action_for(wanted)
        assert seen.configuration(action) == wanted
    held = plans.configuration(np.array([[HOLD]]))
    assert seen.configuration(seen.action_for(held)) == held


def test_a_policy_imitates_an_agent_on_seeds_of_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HPA changes one knob of two stages; before, the policy does not do the like."""
    monkeypatch.setattr(warm_start, "EPISODES", 2)
    of = settings(tmp_path, "video", "ppo", "hpa", action="knobs")
    scenario = scenario_to_train("video", of.workloads)
    run = Run(of, scenario, make_agent)
    made = warm_start.Demonstrator(make_agent("hpa", scenario), scenario, of.recipe.view, None)
    run_episode(made, CompiledCluster(scenario), scenario, 1_500_000)
    shown, actions = np.concatenate(made.shown), np.concatenate(made.actions)
    assert len({tuple(each) for each in actions.tolist()}) > 2
    assert (run.policy().actions(shown) == actions).mean() > 0.9
    cold = Run(TrainSettings(scenario="video", workloads=(LOAD,), out=tmp_path / "b", recipe=of.recipe), scenario)
    assert (cold.policy().actions(shown) == actions).mean() < 0.6


@pytest.mark.parametrize(
    ("algorithm", "agent", "changes", "message"),
    [
        ("maskable-ppo", "hpa", {}, "set `action: knobs`"),
        ("dqn", "hpa", {}, "for ppo and maskable-ppo"),
        ("ppo", "hpb", {}, "'hpa'"),
    ],
)
def test_what_cannot_be_imitated_is_one_line(
    algorithm: str, agent: str, changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    of = settings(tmp_path, "video", algorithm, agent, **changes)
    with pytest.raises(InputError, match=message) as told:
        Run(of, scenario_to_train("video", of.workloads), make_agent)
    assert "\n" not in str(told.value)
