"""The joint optimum: all four knobs of every stage at once, within nodes and what the network left of the SLO."""

from math import inf

import numpy as np

from ipagym.agents.common.planning_with import planning_with
from ipagym.forecast import Forecaster
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.joint.program import JointProblem, solve
from ipagym.optimize.problem import Solution
from ipagym.optimize.solver import SolverSettings
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario


class Joint:
    """Solves the joint program for the forecast rate and the longest way of the last interval.

    It serves every pipeline, and leaves alone the knobs of which there is one value only. `last` is the solution behind
    the latest decision.
    """

    def __init__(
        self,
        *,
        objective: Objective,
        forecaster: Forecaster | None = None,
        solver: str = "highs",
        time_limit_s: float = inf,
    ) -> None:
        self.objective = objective
        self.forecaster: Forecaster = forecaster or MovingMaximum()
        self.settings = SolverSettings(solver=solver, time_limit_s=time_limit_s)
        self.last: Solution | None = None

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far."""
        self._pipeline, self._limits = pipeline, limits
        self._plan: Configuration | None = None
        self.forecaster.reset()
        self.last = None

    def decide(self, window: Window) -> Configuration:
        """The optimum for the forecast rate, or the best plan found in time; the fallback of `ipagym.optimize.fallback`
        where there is none; the last plan, or what runs before any, where no answer came in time.
        """
        self.forecaster.observe(window.arrivals_per_s)
        problem = JointProblem(
            pipeline=self._pipeline,
            rate_rps=self.forecaster.predict(),
            limits=self._limits,
            objective=self.objective,
            network_max_s=float(window.network_s.max()) if window.network_s.size else 0.0,
        )
        self.last = solve(problem, self.settings)
        self._plan = self.last.configuration or self._plan
        return self._plan or window.configuration


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the solver, the forecaster and a time limit, as far as named, as `planning_with` reads them."""
    chosen = planning_with(argument, scenario.interval_s)
    return Joint(
        objective=scenario.objective,
        forecaster=chosen.forecaster,
        solver=chosen.solver,
        time_limit_s=chosen.time_limit_s,
    )
