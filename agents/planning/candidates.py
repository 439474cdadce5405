"""Candidate configurations for a load: optima of the joint program, with and without reserve."""

from math import log2

from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.optimize.joint.program import JointProblem, solve
from ipagym.task.objective import Objective

RESERVES = (0.8, 1.0, 1.25, 1.6)
"""Multiples of the load to plan for: an episode tolerates some lack of capacity, and randomness needs some reserve."""

STEPS_PER_DOUBLING = 12
"""Levels per doubling of the load: loads within 6 % share a plan."""


class Candidates:
    """Optima of the joint program by load, each found once."""

    def __init__(self, pipeline: Pipeline, limits: Limits, objective: Objective) -> None:
        self.pipeline = pipeline
        self.limits = limits
        self.objective = objective
        self._found: dict[tuple[int, int], Configuration | None] = {}

    def at(self, rate_rps: float, network_max_s: float = 0.0) -> list[Configuration]:
        """The optima for the load and each of the `RESERVES`, without repetitions."""
        found = dict.fromkeys(self._optimum(share * rate_rps, network_max_s) for share in RESERVES)
        return [each for each in found if each is not None]

    def _optimum(self, rate_rps: float, network_max_s: float) -> Configuration | None:
        key = (_level(rate_rps), round(network_max_s / self.pipeline.slo_s * 20))
        if key not in self._found:
            problem = JointProblem(
                pipeline=self.pipeline,
                rate_rps=2 ** (key[0] / STEPS_PER_DOUBLING),
                limits=self.limits,
                objective=self.objective,
                network_max_s=min(key[1] / 20, 1) * self.pipeline.slo_s if key[1] else 0.0,
            )
            self._found[key] = solve(problem).configuration
        return self._found[key]


def _level(rate_rps: float) -> int:
    return round(STEPS_PER_DOUBLING * log2(max(rate_rps, 0.1)))
