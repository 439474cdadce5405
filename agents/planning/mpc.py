"""Model predictive control: simulates configurations on a digital twin, and requests the one with the best predicted
reward.

In every window it updates its twin, gives it the forecast load (Poisson counts around it, the same for all candidates),
and compares the rewards of candidates over the next windows under the scenario's own objective. The first candidates
are the running configuration and the optima of the joint program for that load, with and without reserve. Then, from
the best of them, it tries configurations one knob away, as long as they improve the reward and trials are left. The
twin includes load times, queues and deployments in progress, so they affect the rewards.
"""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from ipagym.agents.common.neighbours import neighbours
from ipagym.agents.common.planning_with import forecaster_named
from ipagym.agents.planning.candidates import Candidates
from ipagym.agents.planning.twin import Twin
from ipagym.forecast import Forecaster
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.task.faults import NONE
from ipagym.task.scenario import Scenario

WAYS = 200
"""Number of past requests whose network delays represent the future ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MpcSettings:
    """The horizon in windows, its minimum in seconds, and the total number of trials."""

    windows: int = 3
    least_s: float = 20.0
    trials: int = 60


class Mpc:
    """Searches again in every window; it knows the scenario's physics, objective and profile, but not the future."""

    def __init__(
        self, scenario: Scenario, *, settings: MpcSettings | None = None, forecaster: Forecaster | None = None
    ) -> None:
        self.scenario = scenario
        self._untroubled = replace(scenario, physics=replace(scenario.physics, faults=NONE))
        self.settings = settings or MpcSettings()
        self.forecaster: Forecaster = forecaster or MovingMaximum()

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Discard the twin and the load history."""
        self._pipeline, self._limits, self._rng = pipeline, limits, rng
        self._candidates = Candidates(pipeline, limits, self.scenario.objective)
        self._twin: Twin | None = None
        self._network_s = np.zeros(0)
        ahead_s = max(self.settings.windows * self.scenario.interval_s, self.settings.least_s)
        self._ahead_s = ceil(ahead_s)
        self.forecaster.reset()

    def decide(self, window: Window) -> Configuration:
        """The candidate with the highest predicted reward."""
        self.forecaster.observe(window.arrivals_per_s)
        rate, lost_s = self.forecaster.predict(), window.network_max_s
        self._network_s = np.concatenate([self._network_s, window.network_s])[-WAYS:]
        if self._twin is None:
            served = replace(self._untroubled, pipeline=self._pipeline, limits=self._limits)
            self._twin = Twin(served, window.configuration, self._ahead_s)
        self._twin.follow(window)
        self._twin.look_ahead(self._rng.poisson(rate, self._ahead_s).astype(np.float64))
        return self._search(self._twin, [window.configuration, *self._candidates.at(rate, lost_s)])

    def _search(self, twin: Twin, first: list[Configuration]) -> Configuration:
        known: dict[Configuration, float] = {}

        def worth(candidate: Configuration) -> float:
            if candidate not in known:
                known[candidate] = twin.reward(candidate, float(self._ahead_s), self._network_s)
            return known[candidate]

        best = max(dict.fromkeys(affordable(each, self._pipeline, self._limits) for each in first), key=worth)
        while True:
            around = [each for each in self._neighbours(best) if each not in known]
            if not around or len(known) + len(around) > self.settings.trials:
                return best
            better = max(around, key=worth)
            if worth(better) <= worth(best):
                return best
            best = better

    def _neighbours(self, best: Configuration) -> list[Configuration]:
        around = neighbours(best, self._pipeline, self._limits)
        return list(dict.fromkeys(affordable(each, self._pipeline, self._limits) for each in around))


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the forecaster."""
    return Mpc(scenario, forecaster=forecaster_named(argument, scenario.interval_s))
