"""A trained policy as an agent. It uses the observations and actions that it was trained with."""

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
    """An agent that takes the most likely action of a trained policy.

    If the policy takes weights of the objective as input, it gets those of `objective`, by default the middle of the
    ranges that it was trained for.

    Raises:
        InputError: an objective is given but the policy takes none, or a weight is outside the range it was trained
            for.
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
    """The agent of a trained policy: `zoo:NAME` for one in the package, a folder written by `ipagym train`, or its
    file.

    `objective` gives the weights to a policy that takes them as input (`ipagym train --preference`).

    Raises:
        InputError: there is no policy, it cannot be read, or it cannot take this objective.
    """
    return PolicyAgent(_read(source), objective)


def _read(source: str | Path) -> Policy:
    text = str(source)
    return read_policy(zoo_path(text.removeprefix(ZOO)) if text.startswith(ZOO) else Path(source))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the folder or file of a policy. If it takes weights as input, it gets the scenario's."""
    return _made(_read(Path(argument)), scenario)


def make_of_zoo(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the name of a policy in the package. If it takes weights as input, it gets the scenario's."""
    return _made(_read(f"{ZOO}{argument}"), scenario)


def _made(policy: Policy, scenario: Scenario) -> PolicyAgent:
    """The policy's agent, after a check that it fits the scenario."""
    agent = PolicyAgent(policy, scenario.objective if policy.card.view.preferences else None)
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    return agent
