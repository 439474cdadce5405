"""Everything that can be reached at all: the plans that no other beats in accuracy, cost and latency."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipagym.optimize.frontier import kernels
from ipagym.optimize.options import all_options, plan_of
from ipagym.optimize.problem import IpaProblem, Plan

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ParetoSet:
    """P plans, none of which another beats or equals in accuracy, cores and latency at once, by rising cores.

    `accuracy` (PAS), `cores` and `latency_s` are of shape (P,); `plans[p]` is the plan itself.
    """

    accuracy: Floats
    cores: Floats
    latency_s: Floats
    plans: tuple[Plan, ...]


def pareto_set(problem: IpaProblem) -> ParetoSet:
    """The Pareto set of the plans that carry the load within the SLO and the cores, in one pass over the stages.

    The weights of the objective play no part. The set is empty where nothing is feasible, and grows quickly with the
    stages: it is for pipelines as they are (a handful of stages), not for the largest that can be solved.
    """
    options = all_options(problem)
    is_product = problem.accuracy == "product"
    accuracy, loss = np.array([1.0 if is_product else 0.0]), np.zeros((2, 1))
    picks = np.zeros((1, 0), dtype=np.int64)
    for stage in options:
        combined = np.multiply.outer if is_product else np.add.outer
        accuracy = combined(accuracy, stage.accuracy).ravel()
        own = np.stack([stage.cores.astype(np.float64), stage.latency_s])
        loss = (loss[:, :, np.newaxis] + own[:, np.newaxis, :]).reshape(2, -1)
        number = len(stage.choices)
        picks = np.column_stack([np.repeat(picks, number, axis=0), np.tile(np.arange(number), len(picks))])
        fits = loss[1] <= problem.allowed_s
        if problem.total_cores is not None:
            fits &= loss[0] <= problem.total_cores
        which = np.flatnonzero(fits)
        order = np.lexsort((loss[1, which], -accuracy[which], loss[0, which]))
        kept = which[kernels.undominated(order, accuracy[which], np.ascontiguousarray(loss[:, which]))]
        accuracy, loss, picks = accuracy[kept], loss[:, kept], picks[kept]
    plans = tuple(plan_of(options, row) for row in picks)
    return ParetoSet(accuracy=accuracy, cores=loss[0], latency_s=loss[1], plans=plans)
