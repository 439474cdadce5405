"""A trained policy as an agent; it decides as in training, on the view that it was trained with."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ipagym.agents.learned.one_view import OneView
from ipagym.agents.learned.policy_file import Policy, read_policy
from ipagym.agents.learned.zoo import zoo_path
from ipagym.envs.codec import Codec
from ipagym.envs.learners.planners import PlanProblem
from ipagym.envs.learners.preferences import check_within
from ipagym.envs.observation import Observer
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario

ZOO = "zoo:"


class PolicyAgent:
    """Decides as a trained policy does, choosing its most likely action.

    A policy that is told weights of the objective is told those of `objective`, by default those in the middle of what
    it was trained for.

    Raises:
        InputError: there is an objective, and the policy is told none; or a weight is out of what it was trained for.
    """

    def __init__(self, policy: Policy, objective: Objective | None = None) -> None:
        ranges = policy.card.view.preferences
        if objective is not None:
            if not ranges:
                raise InputError(f"the policy for {policy.card.scenario} is told no weights: leave the objective out")
            check_within(objective, ranges)
        self.policy = policy
        told = {} if objective is None else {name: getattr(objective, name) for name in ranges}
        self.objective = replace(policy.card.objective, **told)

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Prepare for this pipeline.

        Raises:
            InputError: the policy was trained for other knobs.
        """
        card = self.policy.card
        known = Observer(pipeline, limits).names
        if Codec(pipeline, limits).sizes != card.knob_sizes or not set(card.observation_names) <= set(known):
            raise InputError(
                f"the policy was trained on {card.scenario} with other knobs than {pipeline.name} has here"
            )
        problem = PlanProblem(pipeline=pipeline, limits=limits, objective=self.objective)
        self._seen = OneView(problem, Observer(pipeline, limits, card.observation_names), card.view)
        view = self._seen.view
        if view.names and len(view.names) != len(self.policy.mean):
            raise InputError(f"the policy for {card.scenario} sees other entries than there are here: train it again")
        if tuple(view.action_space.nvec.tolist()) != card.heads:
            raise InputError(f"the policy for {card.scenario} has other actions than there are here: train it again")
        self._state = self.policy.at_rest(1)

    def decide(self, window: Window) -> Configuration:
        """The configuration of the policy's most likely action."""
        shown = self._seen.see(window)
        masks = self._seen.masks() if self.policy.is_masked else None
        return self._seen.configuration(self.policy.actions(shown, self._state, masks))


def load_policy(source: str | Path, objective: Objective | None = None) -> PolicyAgent:
    """The agent of a trained policy: `zoo:NAME` for one of the package's, or a folder of `ipagym train`, or its file.

    `objective` is what a policy that is told weights (`ipagym train --preference`) is told.

    Raises:
        InputError: there is none, it cannot be read, or it cannot be told this objective.
    """
    return PolicyAgent(_read(source), objective)


def _read(source: str | Path) -> Policy:
    text = str(source)
    return read_policy(zoo_path(text.removeprefix(ZOO)) if text.startswith(ZOO) else Path(source))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the folder or file of a policy. It is told the scenario's weights where it is told any."""
    return _made(_read(Path(argument)), scenario)


def make_of_zoo(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the name of one of the package's. It is told the scenario's weights where it is told any."""
    return _made(_read(f"{ZOO}{argument}"), scenario)


def _made(policy: Policy, scenario: Scenario) -> PolicyAgent:
    """The policy's agent, sure to fit the scenario."""
    agent = PolicyAgent(policy, scenario.objective if policy.card.view.preferences else None)
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    return agent
