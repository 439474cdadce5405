"""python-mip set up so that optima are exact, and what it says of a solve."""

from dataclasses import dataclass
from math import inf
from time import perf_counter

import mip

from ipagym.optimize.stats import SolveStats, Status
from ipagym.system.errors import InputError, SolverError, unknown_name
from ipagym.task.objective import Objective

SOLVERS = {"highs": mip.HIGHS, "cbc": mip.CBC}
"""Solvers by the name a user gives."""

SCALE = 1e4
"""Factor on the objective: it lifts a tie-break by δ = 1e-6 above the solvers' absolute tolerances of 1e-6.

Without it CBC misses the optimum of about one random problem in sixty, by some multiple of δ.
"""

ROW_SCALE = 1e3
"""Factor on constraints between real numbers: it takes the solvers' absolute tolerance of 1e-6 down to the 1e-9 by
which a plan may miss them (`ipagym.optimize.problem.TOLERANCE`). python-mip cannot set the tolerance of HiGHS.
"""

EXACT = 1e-10
"""The gap, relative and absolute, of an optimum where nothing else is asked for: what rounding leaves."""

STATUS = {
    mip.OptimizationStatus.OPTIMAL: Status.OPTIMAL,
    mip.OptimizationStatus.FEASIBLE: Status.FEASIBLE,
    mip.OptimizationStatus.INFEASIBLE: Status.INFEASIBLE,
    mip.OptimizationStatus.INT_INFEASIBLE: Status.INFEASIBLE,
    mip.OptimizationStatus.NO_SOLUTION_FOUND: Status.NO_ANSWER,
}
"""The outcomes of python-mip, HiGHS and CBC alike, in our words; whatever else it says is a breakdown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SolverSettings:
    """The solver, its time limit in seconds, and the relative and absolute gap at which an optimum is accepted.

    The time is that of the solver; to build the program comes before it.
    """

    solver: str = "highs"
    time_limit_s: float = inf
    gap: float = EXACT

    def __post_init__(self) -> None:
        if self.solver not in SOLVERS:
            raise unknown_name("solver", self.solver, SOLVERS)
        if not self.time_limit_s > 0:
            raise InputError(f"time_limit_s must be above 0 seconds, not {self.time_limit_s}")
        if not 0 <= self.gap < 1:
            raise InputError(f"gap must be in [0, 1), not {self.gap}")


def empty_model(settings: SolverSettings, sense: str = mip.MAXIMIZE) -> mip.Model:
    """A model without variables, silent, on one thread."""
    model = mip.Model(sense=sense, solver_name=SOLVERS[settings.solver])
    model.verbose = 0
    model.threads = 1
    model.max_mip_gap = settings.gap
    model.max_mip_gap_abs = settings.gap
    return model


def scale_of(*weights: float) -> float:
    """The factor on an objective with these weights: `SCALE`, and more where all of them are small."""
    largest = max(weights)
    return SCALE / largest if 0 < largest < 1 else SCALE


def maximise_worth(model: mip.Model, weights: Objective, accuracy: mip.LinExpr, cost: mip.LinExpr) -> None:
    """α·PAS − cost, with a cost in units of the objective (`Objective.price`), times what `scale_of` says."""
    model.objective = scale_of(weights.alpha, weights.beta, weights.delta) * (weights.alpha * accuracy - cost)


def run(model: mip.Model, settings: SolverSettings, started_s: float) -> SolveStats:
    """Solve the model, whose building began at `started_s`, and say how that ended.

    Raises:
        SolverError: the solver ended without a solution, without a proof that there is none, and before its time.
    """
    built_s = perf_counter()
    ended = model.optimize(max_seconds=settings.time_limit_s)
    ended_s = perf_counter()
    status = STATUS.get(ended)
    if status is None or (status is Status.NO_ANSWER and settings.time_limit_s == inf):
        raise SolverError(f"{settings.solver} ended with {ended.name}: try the other solver")
    return SolveStats(
        status=status,
        build_s=built_s - started_s,
        solve_s=ended_s - built_s,
        gap=_gap(model, status),
        variables=model.num_cols,
        constraints=model.num_rows,
    )


def _gap(model: mip.Model, status: Status) -> float:
    """|bound − value| / |value|; 0 for an optimum that is exact but for rounding."""
    if status not in (Status.OPTIMAL, Status.FEASIBLE):
        return inf
    value = float(model.objective_value)
    missing = abs(float(model.objective_bound) - value)
    if status is Status.OPTIMAL and missing <= EXACT * max(1.0, abs(value)):
        return 0.0
    return missing / abs(value) if value else inf


def product_of_shares(model: mip.Model, stages: list[list[tuple[mip.LinExpr | mip.Var, float]]]) -> mip.LinExpr:
    """The product over the stages of the accuracy taken in each, as a linear expression.

    `stages` holds, for each stage, what says whether an alternative is taken (exactly one is 1, the others 0) with its
    accuracy. The product is linearised exactly, for any number of stages, by recursion over the partial products
    P_k = P_{k−1}·a_k: each alternative v of stage k gets a continuous share w_v of the product so far,

          Σ_v w_v = P_{k−1},   0 ≤ w_v ≤ x_v,   P_k = Σ_v a_v·w_v      with P_0 = 1.

    As exactly one x_v is 1, its w_v is P_{k−1} and all others are 0. It takes one variable per alternative, not one per
    tuple of them.
    """
    product = mip.LinExpr(const=1.0)
    for stage in stages:
        shares = [model.add_var(lb=0, ub=1) for _ in stage]
        for share, (is_taken, _) in zip(shares, stage, strict=True):
            model += share <= is_taken
        model += mip.xsum(shares) == product
        product = mip.xsum(accuracy * share for share, (_, accuracy) in zip(shares, stage, strict=True))
    return product
