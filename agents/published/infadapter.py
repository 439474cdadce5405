"""InfAdapter: forecast the load, then choose cores for a set of variants at once (arXiv 2304.10892)."""

from collections.abc import Mapping, Sequence

from ipagym.agents.common.planner import planner
from ipagym.agents.common.planning_with import planning_with
from ipagym.forecast import Forecaster
from ipagym.forecast.catalogue import make_forecaster
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits, cores_of
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.infadapter.candidates import budget_of, candidate_of, plan_of
from ipagym.optimize.infadapter.program import Candidate, InfAdapterProblem, InfAdapterSolution, solve
from ipagym.optimize.solver import SolverSettings
from ipagym.optimize.stats import Status
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario

PATIENCE = 4
"""A decision that needs less than the current plan is delayed this number of times (about two minutes)."""


class Patience:
    """Delays decisions, at most `PATIENCE` in a row."""

    def __init__(self) -> None:
        self._put_off = 0

    def waits(self, is_enough: bool) -> bool:
        """True if the running configuration is enough and the decision is delayed."""
        self._put_off = self._put_off + 1 if is_enough and self._put_off < PATIENCE else 0
        return self._put_off > 0


class InfAdapterProgram:
    """InfAdapter's program for the forecast of its LSTM plus 10 %, as in its released code. It plans with a straight
    line through the measured capacities and a reserve of 20 %, delays the release of capacity, and routes by quota. It
    chooses variants and cores; each variant runs in one replica with the smallest batch.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective

    def reset(self, pipeline: Pipeline, limits: Limits) -> None:
        """Take the stage and the budget, and discard the plan.

        Raises:
            InputError: the pipeline has several stages, or may not run several variants.
        """
        if len(pipeline.stages) != 1 or limits.max_deployments < len(pipeline.stages[0].variants):
            raise InputError(
                "infadapter serves one stage with all its variants side by side: choose a scenario such as infadapter"
            )
        self._stage, self._budget = pipeline.stages[0], budget_of(limits)
        self._candidates = tuple(map(candidate_of, self._stage.variants))
        self._patience, self._has_plan = Patience(), False

    def solve(
        self, window: Window, rate_rps: float, settings: SolverSettings
    ) -> tuple[InfAdapterSolution, Configuration | None] | None:
        """The optimum for the rate, or the best allocation found in time; None while a smaller one is delayed."""
        running = window.configuration.stages[0]
        cores = {each.variant: cores_of(each, self._stage) for each in running.deployments}
        if self._patience.waits(self._has_plan and rate_rps <= capacity_rps(self._candidates, cores)):
            return None
        problem = InfAdapterProblem(
            candidates=self._candidates,
            rate_rps=rate_rps,
            budget=self._budget,
            alpha=self.objective.alpha,
            beta=self.objective.beta,
            gamma=self.objective.gamma,
            previous=cores,
        )
        solution = solve(problem, settings)
        if solution.status is Status.NO_ANSWER:
            return solution, None
        self._has_plan = True
        return solution, plan_of(solution, self._stage)


def capacity_rps(candidates: Sequence[Candidate], cores: Mapping[str, int]) -> float:
    """The planned capacity of variants on these cores."""
    planned = {candidate.name: candidate.capacity_rps for candidate in candidates}
    return sum(planned[name].get(number, 0.0) for name, number in cores.items())


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the solver, the forecaster and a time limit, as far as named, as `planning_with` reads them."""
    return planner(InfAdapterProgram(scenario.objective), planning_with(argument, scenario.interval_s), forecaster)


def forecaster() -> Forecaster:
    """InfAdapter's LSTM with its margin."""
    return make_forecaster("infadapter")
