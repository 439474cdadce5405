"""Agents that solve a program for every window: the forecast, the solver, and the last plan."""

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import numpy as np

from ipagym.agents.common.planning_with import PlanningWith
from ipagym.forecast import Forecaster
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.solver import SolverSettings
from ipagym.optimize.stats import Solved

Found = TypeVar("Found", bound=Solved, covariant=True)


class Program(Protocol[Found]):
    """A planning problem at the end of a window."""

    def reset(self, pipeline: Pipeline, limits: Limits) -> None:
        """Prepare for this pipeline."""

    def solve(
        self, window: Window, rate_rps: float, settings: SolverSettings
    ) -> tuple[Found, Configuration | None] | None:
        """The solution for this rate and its configuration, if there is one; None if there is nothing to solve yet."""


class Planner(Generic[Found]):
    """Solves a program for the forecast rate of every window. `last` is the solution behind the latest plan.

    It requests the plan that was found: the optimum, the best plan within the time limit, or the program's fallback.
    Without an answer in time, it requests its last plan, or the running configuration if there is none. If there is
    nothing to solve yet, it requests the running configuration.
    """

    def __init__(self, program: Program[Found], forecaster: Forecaster, settings: SolverSettings | None = None) -> None:
        self.program = program
        self.forecaster = forecaster
        self.settings = settings or SolverSettings()
        self.last: Found | None = None

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Discard the load history and the plan."""
        self.program.reset(pipeline, limits)
        self.forecaster.reset()
        self._plan: Configuration | None = None
        self.last = None

    def decide(self, window: Window) -> Configuration:
        """The plan for the forecast rate."""
        self.forecaster.observe(window.arrivals_per_s)
        answer = self.program.solve(window, self.forecaster.predict(), self.settings)
        if answer is None:
            return window.configuration
        self.last, plan = answer
        self._plan = plan or self._plan
        return self._plan or window.configuration


def planner(program: Program[Found], chosen: PlanningWith, usual: Callable[[], Forecaster]) -> Agent:
    """The agent that plans with the chosen solver, forecaster and limit; the default forecaster is `usual`."""
    settings = SolverSettings(solver=chosen.solver, time_limit_s=chosen.time_limit_s)
    return Planner(program, chosen.forecaster or usual(), settings)
