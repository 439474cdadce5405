"""MS+ (InfAdapter, EuroMLSys 2023): Model-Switching that may also choose the cores of its one variant."""

import numpy as np

from ipagym.agents.published.infadapter import Patience, capacity_rps
from ipagym.forecast.catalogue import make_forecaster
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits, StageSetting, cores_of
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.infadapter.candidates import budget_of, candidate_of
from ipagym.optimize.infadapter.model_switching_plus import MsPlusProblem, solve
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from ipagym.task.scenario import Scenario


class ModelSwitchingPlus:
    """Solves for the forecast rate plus 10 %, and delays the release of capacity, like InfAdapter."""

    def __init__(self, *, objective: Objective) -> None:
        self.objective = objective
        self.forecaster = make_forecaster("infadapter")

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far.

        Raises:
            InputError: the pipeline has several stages, or no budget of cores.
        """
        if len(pipeline.stages) != 1:
            raise InputError("ms-plus serves one stage: choose a scenario such as infadapter")
        self._stage, self._budget = pipeline.stages[0], budget_of(limits)
        self._candidates = tuple(map(candidate_of, self._stage.variants))
        self.forecaster.reset()
        self._patience, self._has_plan = Patience(), False

    def decide(self, window: Window) -> Configuration:
        """One variant with its cores; the running configuration while a smaller one is delayed."""
        self.forecaster.observe(window.arrivals_per_s)
        rate_rps = self.forecaster.predict()
        running = window.configuration.stages[0].first
        previous = (running.variant, cores_of(running, self._stage))
        planned_rps = capacity_rps(self._candidates, dict([previous]))
        if self._patience.waits(self._has_plan and rate_rps <= planned_rps):
            return window.configuration
        self._has_plan = True
        slowest_s = max(variant.load_s for variant in self._stage.variants)
        problem = MsPlusProblem(
            candidates=self._candidates,
            rate_rps=rate_rps,
            budget=self._budget,
            cost=self.objective.beta * self._budget,
            loading=self.objective.gamma * slowest_s,
            previous=previous,
        )
        variant, cores = solve(problem)
        return Configuration((StageSetting.of(variant, 1, self._stage.batches[0], cores),))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return ModelSwitchingPlus(objective=scenario.objective)
