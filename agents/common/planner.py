"""Agents that solve a program anew for every window: the forecast, the solver, and the plan that is kept."""

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
    """A problem of planning, as it stands at the end of a window."""

    def reset(self, pipeline: Pipeline, limits: Limits) -> None:
        """Prepare for this pipeline."""

    def solve(
        self, window: Window, rate_rps: float, settings: SolverSettings
    ) -> tuple[Found, Configuration | None] | None:
        """The solution for this rate and its configuration, if it has one; None where nothing is to be solved yet."""


class Planner(Generic[Found]):
    """Solves a program for the forecast rate of every window. `last` is the solution behind the latest plan.

    It asks for the plan found, be it the optimum, the best known in time, or the fallback of the program; for its last
    plan, or what runs before any, where no answer came in time; for what runs where nothing is to be solved yet.
    """

    def __init__(self, program: Program[Found], forecaster: Forecaster, settings: SolverSettings | None = None) -> None:
        self.program = program
        self.forecaster = forecaster
        self.settings = settings or SolverSettings()
        self.last: Found | None = None

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far, and the plan."""
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
    """The agent that plans with what was chosen; with its `usual` forecaster where none was."""
    settings = SolverSettings(solver=chosen.solver, time_limit_s=chosen.time_limit_s)
    return Planner(program, chosen.forecaster or usual(), settings)
