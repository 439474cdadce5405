"""Sponge: the fewest cores, in place, that meet deadlines shortened by the network (arXiv 2404.00704)."""

from math import inf

import numpy as np

from ipagym.agents.common.planning_with import planning_with
from ipagym.forecast import Forecaster
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.solver import SolverSettings
from ipagym.optimize.sponge import SpongeProblem, SpongeSolution, points_of, solve
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

STEADY_S = 20
"""The rate is taken over so many seconds: Sponge has no predictor, its experiments gave it the constant rate."""


class Sponge:
    """Solves Sponge's program for every interval, for the longest way that a request of the last one had.

    It chooses cores and batch; variant and replicas stay as they are. `last` is the solution behind the latest
    decision.
    """

    def __init__(
        self,
        *,
        forecaster: Forecaster | None = None,
        solver: str = "highs",
        time_limit_s: float = inf,
    ) -> None:
        self.forecaster: Forecaster = forecaster or MovingMaximum(horizon_s=STEADY_S, smooth_s=STEADY_S)
        self.settings = SolverSettings(solver=solver, time_limit_s=time_limit_s)
        self.last: SpongeSolution | None = None

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far.

        Raises:
            InputError: the pipeline has several stages.
        """
        if len(pipeline.stages) != 1:
            raise InputError("sponge serves one stage, scaled vertically: choose a scenario such as sponge")
        self._stage, self._slo_s = pipeline.stages[0], pipeline.slo_s
        self._plan: Configuration | None = None
        self.forecaster.reset()
        self.last = None

    def decide(self, window: Window) -> Configuration:
        """The optimum for the rate and the longest way seen, or the best point found in time; the nearest to it where
        the SLO cannot be met; the last plan, or what runs before any, where no answer came in time.
        """
        self.forecaster.observe(window.arrivals_per_s)
        running = window.configuration.stages[0]
        variant = self._stage.variant(running.variant)
        problem = SpongeProblem(
            points=points_of({c: variant.latency_on(c) for c in variant.core_choices}, self._stage.batches),
            rate_rps=self.forecaster.predict(),
            slo_s=self._slo_s,
            network_max_s=float(window.network_s.max()) if window.network_s.size else 0.0,
        )
        self.last = solve(problem, self.settings)
        if (point := self.last.point) is not None:
            setting = StageSetting(running.variant, running.replicas, point.batch, point.cores)
            self._plan = Configuration((setting,))
        return self._plan or window.configuration


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the solver, the forecaster and a time limit, as far as named, as `planning_with` reads them."""
    chosen = planning_with(argument, scenario.interval_s)
    return Sponge(forecaster=chosen.forecaster, solver=chosen.solver, time_limit_s=chosen.time_limit_s)
