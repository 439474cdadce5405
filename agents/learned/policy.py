"""A trained policy as an agent."""

from pathlib import Path

import numpy as np
from stable_baselines3.common.policies import ActorCriticPolicy

from ipagym.agents.learned.checkpoint import Checkpoint, load_checkpoint, load_weights
from ipagym.envs.codec import Codec
from ipagym.envs.observation import Observer
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario


class PolicyAgent:
    """Decides as a trained policy does, choosing its most likely action."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Build the network for this pipeline and load the weights.

        Raises:
            InputError: the policy was trained for other spaces, or its weights are none.
        """
        self._codec = Codec(pipeline, limits)
        card, known = self.checkpoint.card, Observer(pipeline, limits).names
        if card.action_sizes != self._codec.sizes or not set(card.observation_names) <= set(known):
            raise InputError(
                f"the policy was trained on {card.scenario} with other knobs than {pipeline.name} has here"
            )
        self._observer = Observer(pipeline, limits, card.observation_names)
        self._policy = ActorCriticPolicy(self._observer.space(), self._codec.space(), lambda _: 0.0)
        parameters = self.checkpoint.parameters
        weights = parameters.get("policy") if isinstance(parameters, dict) else None
        if not load_weights(self._policy, weights):
            raise InputError(f"the weights of the policy for {card.scenario} are damaged: train it again")
        self._policy.set_training_mode(False)

    def decide(self, window: Window) -> Configuration:
        """The configuration of the policy's most likely action."""
        action, _ = self._policy.predict(self._observer.observe(window), deterministic=True)
        return self._codec.decode(action)


def load_policy(path: Path, scenario: Scenario) -> PolicyAgent:
    """The agent of a checkpoint, checked against the scenario at once.

    Raises:
        InputError: the checkpoint cannot be read or does not fit the scenario.
    """
    agent = PolicyAgent(load_checkpoint(path))
    agent.reset(scenario.pipeline, scenario.limits, np.random.default_rng(0))
    return agent


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the folder or file of a checkpoint."""
    return load_policy(Path(argument), scenario)
