"""An agent that plans with the true future load, as in `ipa:oracle`."""

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
    """`agent` with the forecaster `oracle`, which gets the rates of each episode before it begins."""

    def __init__(self, agent: Agent, oracle: Oracle) -> None:
        super().__init__(agent)
        self.oracle = oracle
        self._is_new = False
        self._is_told = False

    def foresee(self, double: Simulator, rates_rps: NDArray[np.float64]) -> None:
        """Pass the rates to the oracle, and the future to the agent if it uses it."""
        self.oracle.rates_rps = rates_rps
        self._is_new = True
        if isinstance(self.agent, Foreseeing):
            self.agent.foresee(double, rates_rps)

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Reset the agent; the known future is valid for one episode."""
        self._is_told, self._is_new = self._is_new, False
        super().reset(pipeline, limits, rng)

    def decide(self, window: Window) -> Configuration:
        """The agent's decision.

        Raises:
            InputError: the future is unknown, since the cluster is not simulated.
        """
        if not self._is_told:
            raise InputError("oracle needs a simulated cluster, whose load can be known: choose another forecaster")
        return super().decide(window)
