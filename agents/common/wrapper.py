"""The base of agents around agents: it has the abilities of the agent inside, no more and no fewer."""

from collections.abc import Mapping

import numpy as np

from ipagym.agents.kept_knobs import Holding
from ipagym.cluster.foresight import Foreseeing, Learning
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window

ABILITIES: Mapping[str, type] = {"foresee": Foreseeing, "learn": Learning, "holds": Holding}
"""The method that an ability adds to those of every agent → its protocol."""


class Wrapper:
    """Asks `agent`, and changes nothing by itself.

    A subclass adds an ability by defining its method; the methods of other abilities are those of `agent`, where it
    has them. They are attributes of the object and not of the class, so that `isinstance` tells who has them.
    """

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        for method, ability in ABILITIES.items():
            if isinstance(agent, ability) and not hasattr(type(self), method):
                setattr(self, method, getattr(agent, method))

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Prepare the agent."""
        self.agent.reset(pipeline, limits, rng)

    def decide(self, window: Window) -> Configuration:
        """The agent's decision."""
        return self.agent.decide(window)
