"""InfAdapter: forecast the load, then choose cores for a set of variants at once (arXiv 2304.10892)."""

from math import inf

import numpy as np

from ipagym.agents.common.planning_with import planning_with
from ipagym.forecast import Forecaster
from ipagym.forecast.catalogue import make_forecaster
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits, StageSetting, cores_of
from ipagym.model.pipeline import Pipeline, Variant
from ipagym.model.window import Window
from ipagym.optimize.infadapter.planned_capacity import planned_rps
from ipagym.optimize.infadapter.program import Candidate, InfAdapterProblem, InfAdapterSolution, solve
from ipagym.optimize.solver import SolverSettings
from ipagym.optimize.stats import Status
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario

LEAST_CORES = 2
PATIENCE = 4
"""A decision that would need less than what is planned for is put off so many times (about two minutes)."""


class InfAdapter:
    """Solves InfAdapter's program for what its LSTM forecasts, plus 10 %, as its released code does.

    It plans with a straight line through the measured capacities and a reserve of 20 %, puts off giving back capacity,
    and routes by quota. It chooses variants and cores; each variant runs in one replica, batches stay as small as they
    can be. `last` is the solution behind the latest decision that was solved for.
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
        self.forecaster: Forecaster = forecaster or make_forecaster("infadapter")
        self.settings = SolverSettings(solver=solver, time_limit_s=time_limit_s)
        self.last: InfAdapterSolution | None = None

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far.

        Raises:
            InputError: the pipeline has several stages, or may not run several variants.
        """
        if len(pipeline.stages) != 1 or limits.max_deployments < len(pipeline.stages[0].variants):
            raise InputError(
                "infadapter serves one stage with all its variants side by side: choose a scenario such as infadapter"
            )
        self._stage, self._budget = pipeline.stages[0], budget_of(limits)
        self._candidates = tuple(map(candidate_of, self._stage.variants))
        self.forecaster.reset()
        self._put_off = 0
        self._plan: Configuration | None = None
        self.last = None

    def decide(self, window: Window) -> Configuration:
        """The optimum for the forecast rate, or the best allocation found in time; what runs already where less is
        enough, for a while; the last plan, or what runs before any, where no answer came in time.
        """
        self.forecaster.observe(window.arrivals_per_s)
        rate_rps = self.forecaster.predict()
        running = window.configuration.stages[0]
        cores = {each.variant: cores_of(each, self._stage) for each in running.deployments}
        if rate_rps <= self._planned_rps(cores) and self._put_off < PATIENCE and self._plan is not None:
            self._put_off += 1
            return window.configuration
        self._put_off = 0
        problem = InfAdapterProblem(
            candidates=self._candidates,
            rate_rps=rate_rps,
            budget=self._budget,
            alpha=self.objective.alpha,
            beta=self.objective.beta,
            gamma=self.objective.gamma,
            previous=cores,
        )
        self.last = solve(problem, self.settings)
        if self.last.status is not Status.NO_ANSWER:
            self._plan = self._configuration(self.last)
        return self._plan or window.configuration

    def _planned_rps(self, cores: dict[str, int]) -> float:
        capacity = {candidate.name: candidate.capacity_rps for candidate in self._candidates}
        return sum(capacity[name].get(number, 0.0) for name, number in cores.items())

    def _configuration(self, solution: InfAdapterSolution) -> Configuration:
        batch = self._stage.batches[0]
        first, *others = (
            StageSetting(name, 1, batch, cores, solution.share[name]) for name, cores in solution.cores.items()
        )
        return Configuration((StageSetting(first.variant, 1, batch, first.cores, first.weight, tuple(others)),))


def budget_of(limits: Limits) -> int:
    if limits.total_cores is not None:
        return limits.total_cores
    raise InputError("infadapter needs a budget: give max_cores or node_cores in the limits")


def candidate_of(variant: Variant) -> Candidate:
    measured = {cores: variant.latency_on(cores).throughput_rps(1) for cores in variant.core_choices}
    planned = {cores: float(planned_rps(measured, cores)) for cores in variant.core_choices if cores >= LEAST_CORES}
    if not planned:
        raise InputError(f"infadapter needs {variant.name} measured on {LEAST_CORES} or more cores")
    return Candidate(name=variant.name, accuracy=variant.accuracy, load_s=variant.load_s, capacity_rps=planned)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the solver, the forecaster and a time limit, as far as named, as `planning_with` reads them."""
    chosen = planning_with(argument, scenario.interval_s)
    return InfAdapter(
        objective=scenario.objective,
        forecaster=chosen.forecaster,
        solver=chosen.solver,
        time_limit_s=chosen.time_limit_s,
    )
