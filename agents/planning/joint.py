"""The joint optimum: all four knobs of every stage at once, within the nodes and the part of the SLO that the network
left.
"""

from ipagym.agents.common.planner import planner
from ipagym.agents.common.planning_with import planning_with
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


class JointProgram:
    """The joint program of every interval, for the forecast rate and the longest network delay of the last interval. It
    serves every pipeline; knobs with only one value are not changed.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective

    def reset(self, pipeline: Pipeline, limits: Limits) -> None:
        """Take the pipeline and its limits."""
        self._pipeline, self._limits = pipeline, limits

    def solve(self, window: Window, rate_rps: float, settings: SolverSettings) -> tuple[Solution, Configuration | None]:
        """The optimum, or the best plan found in time; the fallback of `ipagym.optimize.fallback` where none is
        feasible.
        """
        problem = JointProblem(
            pipeline=self._pipeline,
            rate_rps=rate_rps,
            limits=self._limits,
            objective=self.objective,
            network_max_s=window.network_max_s,
        )
        solution = solve(problem, settings)
        return solution, solution.configuration


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the solver, the forecaster and a time limit, as far as named, as `planning_with` reads them."""
    return planner(JointProgram(scenario.objective), planning_with(argument, scenario.interval_s), MovingMaximum)
