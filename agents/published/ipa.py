"""IPA: forecast the load, then solve its integer program for the next interval (arXiv 2308.12871)."""

from ipagym.agents.common.found_cores import explicit_cores, on_found_cores
from ipagym.agents.common.planner import planner
from ipagym.agents.common.planning_with import planning_with
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


class IpaProgram:
    """The IPA problem of every interval, for the forecast rate and the pipeline's SLO.

    Cores are the base cores of each variant, or the initial cores if those differ.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective

    def reset(self, pipeline: Pipeline, limits: Limits) -> None:
        """Discard the initial cores."""
        self._pipeline, self._limits = pipeline, limits
        self._seen: Pipeline | None = None

    def solve(self, window: Window, rate_rps: float, settings: SolverSettings) -> tuple[Solution, Configuration | None]:
        """The optimum, or the best plan found in time; the fallback of `ipagym.optimize.fallback` where none is
        feasible.
        """
        if self._seen is None:
            self._seen = on_found_cores(self._pipeline, window.configuration.first_deployments)
        solution = solve(ipa_problem(self._seen, rate_rps, self._limits, self.objective), settings)
        if (found := solution.configuration) is None:
            return solution, None
        return solution, explicit_cores(found, self._seen, self._pipeline)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the solver, the forecaster and a time limit, as far as named, as `planning_with` reads them."""
    return planner(IpaProgram(scenario.objective), planning_with(argument, scenario.interval_s), MovingMaximum)
