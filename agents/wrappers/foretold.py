"""An agent that plans with the load to come: what `ipa:oracle` asks for."""

import numpy as np
from numpy.typing import NDArray

from ipagym.agents.common.wrapper import Wrapper
from ipagym.cluster.foresight import Foreseeing
from ipagym.cluster.protocol import Simulator
from ipagym.forecast.oracle import Oracle
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError


class Foretold(Wrapper):
    """`agent`, whose forecaster is `oracle`, which is told the rates of each episode before it begins."""

    def __init__(self, agent: Agent, oracle: Oracle) -> None:
        super().__init__(agent)
        self.oracle = oracle
        self._is_new = False
        self._is_told = False

    def foresee(self, double: Simulator, rates_rps: NDArray[np.float64]) -> None:
        """Tell the oracle, and the agent if it is shown the future too."""
        self.oracle.rates_rps = rates_rps
        self._is_new = True
        if isinstance(self.agent, Foreseeing):
            self.agent.foresee(double, rates_rps)

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """As the agent does; what was foreseen holds for one episode."""
        self._is_told, self._is_new = self._is_new, False
        super().reset(pipeline, limits, rng)

    def decide(self, window: Window) -> Configuration:
        """As the agent does.

        Raises:
            InputError: nothing was foreseen, since the cluster is not simulated.
        """
        if not self._is_told:
            raise InputError("oracle needs a simulated cluster, whose load can be known: choose another forecaster")
        return super().decide(window)
