"""IPA, FA2 and RIM as in IPA's released code, for the reproduction of published figures."""

import numpy as np

from ipagym.forecast import Forecaster
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.ipa.program import solve
from ipagym.optimize.ipa.released import ReleasedSettings, base_cores, released_problem
from ipagym.task.objective import Objective


class ReleasedIpa:
    """Solves the released problem for the forecast rate; without a solution, keeps the running configuration.

    `profile` is the pipeline with all measured numbers of cores, from which the released rule chooses those of each
    variant; the served pipeline must allow them.
    """

    def __init__(
        self, profile: Pipeline, settings: ReleasedSettings, *, objective: Objective, forecaster: Forecaster
    ) -> None:
        self.profile = profile
        self.settings = settings
        self.objective = objective
        self.forecaster = forecaster
        self._cores = [base_cores(stage, settings) for stage in profile.stages]

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far."""
        self.forecaster.reset()
        self._known: dict[float, Configuration | None] = {}

    def decide(self, window: Window) -> Configuration:
        """The optimum for the forecast rate, or the running configuration."""
        self.forecaster.observe(window.arrivals_per_s)
        rate_rps = self.forecaster.predict()
        if rate_rps not in self._known:
            self._known[rate_rps] = self._solved(rate_rps)
        return self._known[rate_rps] or window.configuration

    def _solved(self, rate_rps: float) -> Configuration | None:
        found = solve(released_problem(self.profile, rate_rps, self.objective, self.settings))
        if not found.feasible or found.configuration is None:
            return None
        return Configuration(tuple(map(self._setting, range(len(self._cores)), found.configuration.first_deployments)))

    def _setting(self, stage: int, chosen: Deployment) -> StageSetting:
        fixed = self.settings.replicas
        replicas = chosen.replicas if fixed is None else fixed[stage]
        return StageSetting.of(chosen.variant, replicas, chosen.batch, self._cores[stage][chosen.variant])
