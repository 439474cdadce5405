"""The objective of each row of a learner's view."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ipagym.envs.learners.plan_table import PlanTable, plan_table
from ipagym.envs.learners.planners import PlanProblem
from ipagym.envs.learners.preferences import Ranges, check_within, planned_for, shown
from ipagym.envs.learners.sight import Rows, Values
from ipagym.task.objective import Objective, RewardTerms, worth_of_terms


class Aims:
    """The rows' objectives. At first each is that of the problem, whose weights must lie within `ranges`.

    `entries`, shape (rows, len(ranges)), are those weights as entries of an observation.

    Raises:
        InputError: a weight is out of its range.
    """

    def __init__(self, rows: int, problem: PlanProblem, ranges: Ranges) -> None:
        self._problem, self._ranges = problem, ranges
        self._tables: dict[tuple[Objective, str], PlanTable] = {}
        self.objectives = [problem.objective] * rows
        self.entries: Values = np.zeros((rows, len(ranges)))
        self.names = tuple(f"weight_{name}" for name in ranges)
        self.aim(np.arange(rows), self.objectives)

    def aim(self, which: Rows, objectives: Sequence[Objective]) -> None:
        """Set the objectives of those rows, one each.

        Raises:
            InputError: a weight is out of its range.
        """
        for row, objective in zip(which.tolist(), objectives, strict=True):
            check_within(objective, self._ranges)
            self.objectives[row] = objective
            self.entries[row] = shown(objective, self._ranges)

    def rewards(self, terms: RewardTerms[Values]) -> Values:
        """The scalar reward of each row under its objective, shape (rows,); terms have the same shape."""
        return worth_of_terms(self.objectives, terms)

    def tables(self, planner: str) -> list[PlanTable]:
        """The planner's table for each row, by its objective at the nearest level of weights.

        Raises:
            InputError: the name of the planner is unknown.
        """
        return [self._table(planned_for(objective, self._ranges), planner) for objective in self.objectives]

    def _table(self, objective: Objective, planner: str) -> PlanTable:
        key = (objective, planner)
        if key not in self._tables:
            self._tables[key] = plan_table(replace(self._problem, objective=objective), planner)
        return self._tables[key]
