"""A trained policy as an agent; it decides as in training, on the view that it was trained with."""

from pathlib import Path

import numpy as np

from ipagym.agents.learned.one_view import OneView
from ipagym.agents.learned.policy_file import Policy, read_policy
from ipagym.agents.learned.zoo import zoo_path
from ipagym.envs.codec import Codec
from ipagym.envs.learners.planners import PlanProblem
from ipagym.envs.observation import Observer
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

ZOO = "zoo:"


class PolicyAgent:
    """Decides as a trained policy does, choosing its most likely action."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

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
        problem = PlanProblem(pipeline=pipeline, limits=limits, objective=card.objective)
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


def load_policy(source: str | Path) -> PolicyAgent:
    """The agent of a trained policy: `zoo:NAME` for one of the package's, or a folder of `ipagym train`, or its file.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    text = str(source)
    path = zoo_path(text.removeprefix(ZOO)) if text.startswith(ZOO) else Path(source)
    return PolicyAgent(read_policy(path))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the folder or file of a policy."""
    return _checked(load_policy(Path(argument)), scenario)


def make_of_zoo(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the name of one of the package's."""
    return _checked(load_policy(f"{ZOO}{argument}"), scenario)


def _checked(agent: PolicyAgent, scenario: Scenario) -> PolicyAgent:
    """The agent, sure to fit the scenario."""
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    return agent
