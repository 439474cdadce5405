"""IPA: forecast the load, then solve its integer program for the next interval (arXiv 2308.12871)."""

from math import inf

import numpy as np

from ipagym.agents.common.found_cores import explicit_cores, on_found_cores
from ipagym.agents.common.planning_with import planning_with
from ipagym.forecast import Forecaster
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.ipa.program import solve
from ipagym.optimize.problem import Solution, ipa_problem
from ipagym.optimize.solver import SolverSettings
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario


class Ipa:
    """Solves the IPA problem anew for every interval, for the forecast rate and the pipeline's SLO.

    Cores are the base cores of each variant, or as many as were found at the start where those were others. `last` is
    the solution behind the latest decision, with its solve time and how it ended.
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
        self._seen: Pipeline | None = None
        self._plan: Configuration | None = None
        self.forecaster.reset()
        self.last = None

    def decide(self, window: Window) -> Configuration:
        """The optimum for the forecast rate, or the best plan found in time; the fallback of `ipagym.optimize.fallback`
        where there is none; the last plan, or what runs before any, where no answer came in time.
        """
        self.forecaster.observe(window.arrivals_per_s)
        if self._seen is None:
            self._seen = on_found_cores(self._pipeline, window.configuration.stages)
        problem = ipa_problem(self._seen, self.forecaster.predict(), self._limits, self.objective)
        self.last = solve(problem, self.settings)
        if (found := self.last.configuration) is not None:
            self._plan = explicit_cores(found, self._seen, self._pipeline)
        return self._plan or window.configuration


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the solver, the forecaster and a time limit, as far as named, as `planning_with` reads them."""
    chosen = planning_with(argument, scenario.interval_s)
    return Ipa(
        objective=scenario.objective,
        forecaster=chosen.forecaster,
        solver=chosen.solver,
        time_limit_s=chosen.time_limit_s,
    )
