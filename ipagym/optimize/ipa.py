"""The integer program of the IPA paper (§4.3), solved to optimality.

    max   α·PAS − β·Σ_s n_s·R_s − δ·Σ_s b_s
    s.t.  Σ_s (l_s + q_s)  ≤  SLO            meet_slo
          n_s · h_s        ≥  λ              serve_load
          Σ_c I_c          =  1              choose_one       for each stage
          1 ≤ n_s ≤ max_replicas             bound_replicas
          Σ_s n_s·R_s      ≤  total cores    fit_cores        where nodes are bounded

A choice c is one (variant, batch) of one stage: a binary I_c says whether it is taken and an integer n_c is its
replicas, 0 when it is not taken. l, h and R are then constants of the choice.

PAS is the product of the stage accuracies. It is linearised exactly, for any number of stages, by recursion over the
partial products P_k = P_{k−1}·a_k. Each variant v of stage k gets a continuous share w_v of the product so far:

          Σ_v w_v = P_{k−1},   0 ≤ w_v ≤ x_v,   P_k = Σ_v a_v·w_v      with P_0 = 1 and x_v = Σ_b I_(v,b)

As exactly one x_v is 1, its w_v is P_{k−1} and all others are 0. This adds one variable per variant, not per tuple.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import mip

from ipagym.errors import SolverError, unknown_name
from ipagym.optimize.fallback import fallback
from ipagym.optimize.problem import (
    Choice,
    IpaProblem,
    IpaSolution,
    Plan,
    objective_value,
    plan_configuration,
    stage_latency_s,
)

SOLVERS = {"highs": mip.HIGHS, "cbc": mip.CBC}
"""Solvers by the name a user gives."""

SCALE = 1e4
"""Factor on the objective: it lifts a tie-break by δ = 1e-6 above the solvers' absolute tolerances of 1e-6.

Without it CBC misses the optimum of about one random problem in sixty, by some multiple of δ.
"""

GAP = 1e-10
"""Relative and absolute gap at which a solution counts as optimal."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The variables of one choice: I (taken or not) and n (its replicas)."""

    choice: Choice
    i: mip.Var
    n: mip.Var


Stages = Sequence[Sequence[Taken]]


def solve(problem: IpaProblem, solver: str = "highs") -> IpaSolution:
    """The optimal configuration, or the one of `ipagym.optimize.fallback` where none is feasible.

    Raises:
        InputError: the solver is not known.
        SolverError: the solver ended without an optimum and without a proof that there is none.
    """
    started = perf_counter()
    model = _empty_model(solver)
    stages = build(model, problem)
    built = perf_counter()
    status = model.optimize()
    build_s, solve_s = built - started, perf_counter() - built
    if status in (mip.OptimizationStatus.INFEASIBLE, mip.OptimizationStatus.INT_INFEASIBLE):
        return fallback(problem, build_s=build_s, solve_s=solve_s)
    if status != mip.OptimizationStatus.OPTIMAL:
        raise SolverError(f"{solver} ended with {status.name} at {problem.rate_rps} rps: try the other solver")
    plan = _read_plan(stages)
    return IpaSolution(
        configuration=plan_configuration(plan),
        objective=objective_value(problem, plan),
        feasible=True,
        build_s=build_s,
        solve_s=solve_s,
    )


def build(model: mip.Model, problem: IpaProblem) -> Stages:
    """Fill the model with the program above; returns its decision variables by stage."""
    stages = [[_variables(model, choice, problem) for choice in stage] for stage in problem.stages]
    choose_one(model, stages)
    bound_replicas(model, stages, problem)
    serve_load(model, stages, problem)
    meet_slo(model, stages, problem)
    fit_cores(model, stages, problem)
    maximise(model, stages, problem)
    return stages


def choose_one(model: mip.Model, stages: Stages) -> None:
    """Σ_c I_c = 1 in each stage."""
    for stage in stages:
        model += mip.xsum(t.i for t in stage) == 1


def bound_replicas(model: mip.Model, stages: Stages, problem: IpaProblem) -> None:
    """I_c ≤ n_c ≤ max_replicas · I_c."""
    for t in _all(stages):
        model += t.n >= t.i
        model += t.n <= problem.max_replicas * t.i


def serve_load(model: mip.Model, stages: Stages, problem: IpaProblem) -> None:
    """n_c · h_c ≥ λ · I_c, divided by h_c to keep the coefficients near 1."""
    for t in _all(stages):
        model += t.n >= problem.rate_rps / t.choice.throughput_rps * t.i


def meet_slo(model: mip.Model, stages: Stages, problem: IpaProblem) -> None:
    """Σ (l_c + q_c) · I_c ≤ SLO, divided by the SLO."""
    model += mip.xsum(stage_latency_s(t.choice, problem.rate_rps) / problem.slo_s * t.i for t in _all(stages)) <= 1


def fit_cores(model: mip.Model, stages: Stages, problem: IpaProblem) -> None:
    """Σ n_c · R_c ≤ cores of all nodes together, where these are bounded."""
    if problem.total_cores is not None:
        model += mip.xsum(t.choice.cores * t.n for t in _all(stages)) <= problem.total_cores


def maximise(model: mip.Model, stages: Stages, problem: IpaProblem) -> None:
    """α·PAS − β·Σ n·R − δ·Σ b, times `SCALE`."""
    weights = problem.objective
    accuracy = accuracy_product(model, stages) if problem.accuracy == "product" else accuracy_sum(stages)
    cores = mip.xsum(t.choice.cores * t.n for t in _all(stages))
    batches = mip.xsum(t.choice.batch * t.i for t in _all(stages))
    value = weights.alpha * accuracy - weights.beta * cores - weights.delta * batches
    model.objective = mip.maximize(SCALE * value)


def accuracy_sum(stages: Stages) -> mip.LinExpr:
    """PAS as the sum of the stage accuracies."""
    return mip.xsum(t.choice.accuracy * t.i for t in _all(stages))


def accuracy_product(model: mip.Model, stages: Stages) -> mip.LinExpr:
    """PAS as a linear expression: the recursion over partial products of the module's docstring."""
    product = mip.LinExpr(const=1.0)
    for stage in stages:
        following = mip.LinExpr()
        shares = mip.LinExpr()
        for taken in _by_variant(stage):
            share = model.add_var(lb=0, ub=1)
            model += share <= mip.xsum(t.i for t in taken)
            shares += share
            following += taken[0].choice.accuracy * share
        model += shares == product
        product = following
    return product


def _empty_model(solver: str) -> mip.Model:
    if solver not in SOLVERS:
        raise unknown_name("solver", solver, SOLVERS)
    model = mip.Model(sense=mip.MAXIMIZE, solver_name=SOLVERS[solver])
    model.verbose = 0
    model.threads = 1
    model.max_mip_gap = GAP
    model.max_mip_gap_abs = GAP
    return model


def _variables(model: mip.Model, choice: Choice, problem: IpaProblem) -> Taken:
    i = model.add_var(var_type=mip.BINARY)
    n = model.add_var(var_type=mip.INTEGER, lb=0, ub=problem.max_replicas)
    return Taken(choice, i, n)


def _all(stages: Stages) -> list[Taken]:
    return [taken for stage in stages for taken in stage]


def _by_variant(stage: Sequence[Taken]) -> list[list[Taken]]:
    groups: dict[str, list[Taken]] = {}
    for taken in stage:
        groups.setdefault(taken.choice.variant, []).append(taken)
    return list(groups.values())


def _read_plan(stages: Stages) -> Plan:
    taken = [max(stage, key=lambda t: float(t.i.x)) for stage in stages]
    return [(t.choice, round(float(t.n.x))) for t in taken]
