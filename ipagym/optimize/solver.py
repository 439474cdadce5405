"""python-mip set up so that optima are exact, and what it says of a solve."""

from dataclasses import dataclass
from math import inf
from time import perf_counter

import mip

from ipagym.errors import InputError, SolverError, unknown_name
from ipagym.optimize.stats import SolveStats

SOLVERS = {"highs": mip.HIGHS, "cbc": mip.CBC}
"""Solvers by the name a user gives."""

SCALE = 1e4
"""Factor on the objective: it lifts a tie-break by δ = 1e-6 above the solvers' absolute tolerances of 1e-6.

Without it CBC misses the optimum of about one random problem in sixty, by some multiple of δ.
"""

INFEASIBLE = (mip.OptimizationStatus.INFEASIBLE, mip.OptimizationStatus.INT_INFEASIBLE)
FOUND = (mip.OptimizationStatus.OPTIMAL, mip.OptimizationStatus.FEASIBLE)


@dataclass(frozen=True, kw_only=True, slots=True)
class SolverSettings:
    """Which solver, for how many seconds at most, and the relative and absolute gap at which an optimum is accepted."""

    solver: str = "highs"
    time_limit_s: float = inf
    gap: float = 1e-10

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


def run(model: mip.Model, settings: SolverSettings, started_s: float) -> tuple[bool, SolveStats]:
    """Solve the model, whose building began at `started_s`: whether there is a solution, and how it was come to.

    Raises:
        SolverError: the solver ended without a solution, without a proof that there is none, and before its time.
    """
    built_s = perf_counter()
    status = model.optimize(max_seconds=settings.time_limit_s)
    ended_s = perf_counter()
    is_found = status in FOUND
    if not is_found and status not in INFEASIBLE and status != mip.OptimizationStatus.NO_SOLUTION_FOUND:
        raise SolverError(f"{settings.solver} ended with {status.name}: try the other solver")
    return is_found, SolveStats(
        build_s=built_s - started_s,
        solve_s=ended_s - built_s,
        gap=0.0 if status == mip.OptimizationStatus.OPTIMAL else float(model.gap) if is_found else inf,
        variables=model.num_cols,
        constraints=model.num_rows,
    )


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
