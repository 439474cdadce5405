"""Sponge: the fewest cores, in place, that meet deadlines shortened by the network (arXiv 2404.00704)."""

from ipagym.agents.common.planner import planner
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
"""Seconds over which the rate is measured: Sponge has no predictor, its experiments gave it the constant rate."""


class SpongeProgram:
    """Sponge's program of every interval, for the longest network delay of the last interval. It chooses cores and
    batch; variant and replicas do not change.
    """

    def reset(self, pipeline: Pipeline, limits: Limits) -> None:
        """Take the stage and the SLO.

        Raises:
            InputError: the pipeline has several stages.
        """
        if len(pipeline.stages) != 1:
            raise InputError("sponge serves one stage, scaled vertically: choose a scenario such as sponge")
        self._stage, self._slo_s = pipeline.stages[0], pipeline.slo_s

    def solve(
        self, window: Window, rate_rps: float, settings: SolverSettings
    ) -> tuple[SpongeSolution, Configuration | None]:
        """The optimum for the rate and the longest network delay, or the best point found in time; the nearest point if
        the SLO cannot be met.
        """
        running = window.configuration.stages[0].first
        variant = self._stage.variant(running.variant)
        problem = SpongeProblem(
            points=points_of({c: variant.latency_on(c) for c in variant.core_choices}, self._stage.batches),
            rate_rps=rate_rps,
            slo_s=self._slo_s,
            network_max_s=window.network_max_s,
        )
        solution = solve(problem, settings)
        if (point := solution.point) is None:
            return solution, None
        setting = StageSetting.of(running.variant, running.replicas, point.batch, point.cores)
        return solution, Configuration((setting,))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the solver, the forecaster and a time limit, as far as named, as `planning_with` reads them."""
    return planner(SpongeProgram(), planning_with(argument, scenario.interval_s), steady_rate)


def steady_rate() -> Forecaster:
    """The mean rate of the last seconds."""
    return MovingMaximum(horizon_s=STEADY_S, smooth_s=STEADY_S)
