"""Plans of an optimiser by level of the load and of the network delay, as actions of the codec."""

from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.codec import Codec
from ipagym.envs.learners.planners import PLANNERS, PlanProblem
from ipagym.envs.learners.sight import Values
from ipagym.system.errors import unknown_name

PER_DOUBLING = 8
"""Levels per doubling of the load: plans are for a rate within 4.5 % of the requested one."""

LEAST_RPS = 0.5

NETWORK_LEVELS = 20
"""Levels of the longest network delay, up to the whole SLO."""


class PlanTable:
    """A table of plans, each solved on first use and kept.

    Raises:
        InputError: the name of the planner is unknown.
    """

    def __init__(self, problem: PlanProblem, planner: str) -> None:
        if planner not in PLANNERS:
            raise unknown_name("planner", planner, PLANNERS)
        self._problem, self._plan = problem, PLANNERS[planner]
        self._sees_network = planner == "joint"
        self._codec = Codec(problem.pipeline, problem.limits)
        self._known: dict[tuple[int, int], NDArray[np.int64]] = {}

    def actions(self, rates_rps: Values, network_max_s: Values) -> NDArray[np.int64]:
        """Actions of the codec, shape (n, dimensions), for the plans of n loads; each argument has shape (n,)."""
        return np.stack([self.action_at(level) for level in self.levels(rates_rps, network_max_s)])

    def levels(self, rates_rps: Values, network_max_s: Values) -> list[tuple[int, int]]:
        """The levels of n loads and network delays, each of shape (n,); all tables of this planner have the same
        levels.
        """
        loads = np.round(PER_DOUBLING * np.log2(np.maximum(rates_rps, LEAST_RPS) / LEAST_RPS)).astype(np.int64)
        return list(zip(loads.tolist(), self._ways(network_max_s).tolist(), strict=True))

    def _ways(self, network_max_s: Values) -> NDArray[np.int64]:
        if not self._sees_network:
            return np.zeros(len(network_max_s), dtype=np.int64)
        share = np.minimum(1.0, network_max_s / self._problem.pipeline.slo_s)
        return np.round(NETWORK_LEVELS * share).astype(np.int64)

    def action_at(self, level: tuple[int, int]) -> NDArray[np.int64]:
        """The action of the codec, shape (dimensions,), for the plan at a level."""
        if level not in self._known:
            rate_rps = LEAST_RPS * 2 ** (level[0] / PER_DOUBLING)
            network_max_s = level[1] / NETWORK_LEVELS * self._problem.pipeline.slo_s
            self._known[level] = self._codec.encode(self._plan(self._problem, rate_rps, network_max_s))
        return self._known[level]


_MADE: dict[str, PlanTable] = {}
"""Tables of this process: a comparison makes an agent for each seed, and all share the solved plans."""


def plan_table(problem: PlanProblem, planner: str) -> PlanTable:
    """The table of that planner for the problem.

    Raises:
        InputError: the name of the planner is unknown.
    """
    digest = sha256(repr((problem, planner)).encode()).hexdigest()
    if digest not in _MADE:
        _MADE[digest] = PlanTable(problem, planner)
    return _MADE[digest]
