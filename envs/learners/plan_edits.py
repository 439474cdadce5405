"""Actions that choose an optimiser's plan for the forecast load times a factor, or hold."""

from collections.abc import Sequence

import numpy as np
from gymnasium.spaces import MultiDiscrete
from numpy.typing import NDArray

from ipagym.envs.learners.plan_table import LEAST_RPS, PlanTable
from ipagym.envs.learners.recent_load import RecentLoad
from ipagym.envs.learners.sight import Rows, Values

Indices = NDArray[np.int64]

FACTORS = np.array([0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 1.0, 1.15, 1.35, 1.7])
"""Factors of the forecast load. Optimisers plan with the 99th percentile of a batch's latency and with full batches:
half of the planned capacity may be enough, and more is needed if the load rises faster than the forecast.
"""

HOLD = len(FACTORS)


class PlanEdits:
    """Actions over plans. The first number is the index of a factor, or `HOLD`. With `residual`, one number follows for
    each dimension of the codec: it moves the dimension one value down (0), keeps it (1), or moves it one value up (2),
    within its range.

    Every action is feasible: plans are, and a residual edit beyond a budget of cores is reduced like any action.
    `tables` has the plan table of each row, all of one planner. `planned_rps` is the load of each row's plan, 0 before
    the first plan.
    """

    def __init__(self, sizes: tuple[int, ...], tables: Sequence[PlanTable], *, residual: bool = False) -> None:
        self._sizes, self.tables, self._residual = np.array(sizes), tables, residual
        self.space = MultiDiscrete([1 + len(FACTORS), *([3] * len(sizes) if residual else [])])
        self.planned_rps: Values = np.zeros(len(tables))

    def begin(self, which: Rows) -> None:
        """Discard the plans of those rows."""
        self.planned_rps[which] = 0.0

    def indices(self, actions: Indices, current: Indices, load: RecentLoad, network_max_s: Values) -> Indices:
        """The actions of the codec, shape (n, dimensions); `current` are the actions of the configurations in force."""
        is_plan = actions[:, 0] < HOLD
        rates_rps = FACTORS[np.minimum(actions[:, 0], HOLD - 1)] * np.maximum(load.forecast_rps(), LEAST_RPS)
        self.planned_rps = np.where(is_plan, rates_rps, self.planned_rps)
        chosen = current.copy()
        if is_plan.any():
            chosen[is_plan] = self._plans(np.flatnonzero(is_plan), rates_rps, network_max_s)
        if not self._residual:
            return chosen
        return np.asarray(np.clip(chosen + actions[:, 1:] - 1, 0, self._sizes - 1))

    def nearest(self, wanted: Indices, current: Indices, load: RecentLoad, network_max_s: Values) -> Indices:
        """The actions nearest to actions of the codec, shape (n, dimensions); the distance is the sum over knobs,
        relative to their ranges. Ties go to the factor nearest to 1; holding comes last.
        """
        rates_rps = np.maximum(load.forecast_rps(), LEAST_RPS)
        everyone = np.arange(len(rates_rps))
        plans = [self._plans(everyone, factor * rates_rps, network_max_s) for factor in FACTORS]
        reached = np.stack([*plans, current], axis=1)
        edits = np.clip(wanted[:, np.newaxis] - reached, -1, 1) * self._residual
        apart = np.abs(wanted[:, np.newaxis] - reached - edits) / np.maximum(1, self._sizes - 1)
        oddness = np.append(np.abs(np.log(FACTORS)), HOLD) / 1e6
        chosen = np.argmin(apart.sum(axis=2) + oddness, axis=1)
        actions = np.concatenate([chosen[:, np.newaxis], 1 + edits[np.arange(len(chosen)), chosen]], axis=1)
        return np.asarray(actions[:, : len(self.space.nvec)])

    def _plans(self, which: Rows, rates_rps: Values, network_max_s: Values) -> Indices:
        """The plans of those rows, shape (len(which), dimensions); loads and network delays are given for all rows."""
        levels = self.tables[0].levels(rates_rps[which], network_max_s[which])
        rows = zip(which.tolist(), levels, strict=True)
        return np.stack([self.tables[row].action_at(level) for row, level in rows])
