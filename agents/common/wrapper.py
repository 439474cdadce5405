"""The base of agents that wrap agents: it has exactly the abilities of the wrapped agent."""

from collections.abc import Mapping

import numpy as np

from ipagym.agents.kept_knobs import Holding
from ipagym.cluster.foresight import Foreseeing, Learning
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window

ABILITIES: Mapping[str, type] = {"foresee": Foreseeing, "learn": Learning, "holds": Holding}
"""The protocol of each ability, by the method that it adds to an agent."""


class Wrapper:
    """Passes all calls to `agent`. A subclass adds an ability by defining its method; the methods of other abilities
    are those of `agent`, if it has them. They are attributes of the object and not of the class, so that `isinstance`
    shows which abilities it has.
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
