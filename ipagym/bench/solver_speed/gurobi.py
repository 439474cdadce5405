"""IPA's program as its authors solved it: gurobipy, with conditional (indicator) constraints. Only for comparison.

The variables and constraints are those of `ipagym.optimize.ipa.paper`. The licence that comes with gurobipy's package
from PyPI solves up to 2,000 variables and 2,000 constraints.
"""

from math import inf
from time import perf_counter
from typing import Any

from ipagym.optimize.fallback import solution, without_plan
from ipagym.optimize.options import fewest_replicas
from ipagym.optimize.problem import Choice, IpaProblem, Plan, Solution, stage_latency_s
from ipagym.optimize.stats import SolveStats, Status
from ipagym.system.errors import InputError, SolverError

PARAMETERS = {"OutputFlag": 0, "Threads": 1, "MIPGap": 1e-10, "MIPGapAbs": 1e-10, "DualReductions": 0}
"""Without dual reductions it says of an infeasible problem that it is, not that it may be unbounded as well."""


class NotLicensed(InputError):
    """The problem is larger than the licence allows, or there is no licence."""


def solve(problem: IpaProblem, time_limit_s: float = inf) -> Solution:
    """The optimal configuration, or the best found within the time; the one of `ipagym.optimize.fallback` where none is
    feasible.

    Raises:
        NotLicensed: the licence does not cover it.
        SolverError: the solver broke down.
    """
    import gurobipy

    started_s = perf_counter()
    try:
        with gurobipy.Env(params=PARAMETERS) as env, gurobipy.Model(env=env) as model:
            model.Params.TimeLimit = time_limit_s
            stages = [_stage(model, stage, problem) for stage in problem.stages]
            _meet_slo(model, stages, problem)
            _maximise(model, stages, problem)
            built_s = perf_counter()
            model.optimize()
            stats = _stats(model, started_s, built_s)
            plan: Plan = [(_taken(stage), round(stage["n"].X)) for stage in stages] if stats.has_plan else []
    except gurobipy.GurobiError as error:
        raise NotLicensed(str(error)) from None
    return solution(problem, plan, stats) if stats.has_plan else without_plan(problem, stats)


def _stats(model: Any, started_s: float, built_s: float) -> SolveStats:
    from gurobipy import GRB

    has_plan = model.SolCount > 0
    known = {
        GRB.OPTIMAL: Status.OPTIMAL,
        GRB.INFEASIBLE: Status.INFEASIBLE,
        GRB.TIME_LIMIT: Status.FEASIBLE if has_plan else Status.NO_ANSWER,
    }
    if model.Status not in known:
        raise SolverError(f"gurobi ended with status {model.Status}")
    status, ended_s = known[model.Status], perf_counter()
    gap = 0.0 if status is Status.OPTIMAL else float(model.MIPGap) if has_plan else inf
    return SolveStats(
        status=status,
        build_s=built_s - started_s,
        solve_s=ended_s - built_s,
        gap=gap,
        variables=model.NumVars,
        constraints=model.NumConstrs + model.NumGenConstrs,
    )


def _stage(model: Any, choices: tuple[Choice, ...], problem: IpaProblem) -> dict[str, Any]:
    """n, C, I by variant, B by batch, Z by pair, and what holds within the stage."""
    names, batches = dict.fromkeys(c.variant for c in choices), dict.fromkeys(c.batch for c in choices)
    n = model.addVar(lb=1, ub=problem.max_replicas, vtype="I")
    cores = model.addVar()
    variant, batch = ({key: model.addVar(vtype="B") for key in keys} for keys in (names, batches))
    pair = {(c.variant, c.batch): model.addVar(vtype="B") for c in choices}
    for binaries in (variant, batch, pair):
        model.addConstr(sum(binaries.values()) == 1)
    for choice in choices:
        z = pair[choice.variant, choice.batch]
        model.addConstr(z <= variant[choice.variant])
        model.addConstr(z <= batch[choice.batch])
        model.addGenConstrIndicator(z, True, n >= fewest_replicas(choice, problem.rate_rps))
    for name, base_cores in {c.variant: c.cores for c in choices}.items():
        model.addGenConstrIndicator(variant[name], True, cores - base_cores * n >= 0)
    return {"choices": choices, "n": n, "cores": cores, "variant": variant, "batch": batch, "pair": pair}


def _meet_slo(model: Any, stages: list[dict[str, Any]], problem: IpaProblem) -> None:
    taken = [(c, stage["pair"][c.variant, c.batch]) for stage in stages for c in stage["choices"]]
    model.addConstr(sum(stage_latency_s(c, problem.rate_rps) * z for c, z in taken) <= problem.slo_s)
    if problem.total_cores is not None:
        model.addConstr(sum(stage["cores"] for stage in stages) <= problem.total_cores)


def _maximise(model: Any, stages: list[dict[str, Any]], problem: IpaProblem) -> None:
    import gurobipy

    by_variant = [{c.variant: c.accuracy for c in stage["choices"]} for stage in stages]
    if problem.accuracy == "sum":
        both = zip(stages, by_variant, strict=True)
        accuracy = sum(value * stage["variant"][name] for stage, known in both for name, value in known.items())
    else:
        accuracy = _product(model, stages, by_variant)
    cores = sum(stage["cores"] for stage in stages)
    batches = sum(b * x for stage in stages for b, x in stage["batch"].items())
    model.setObjective(problem.objective.planned(accuracy, cores, batches), gurobipy.GRB.MAXIMIZE)


def _product(model: Any, stages: list[dict[str, Any]], by_variant: list[dict[str, float]]) -> Any:
    """As `ipagym.optimize.solver.product_of_shares`."""
    product: Any = 1.0
    for stage, known in zip(stages, by_variant, strict=True):
        shares = {name: model.addVar(ub=1) for name in known}
        for name, share in shares.items():
            model.addConstr(share <= stage["variant"][name])
        model.addConstr(sum(shares.values()) == product)
        product = sum(known[name] * share for name, share in shares.items())
    return product


def _taken(stage: dict[str, Any]) -> Choice:
    def value(choice: Choice) -> float:
        return float(stage["pair"][choice.variant, choice.batch].X)

    best: Choice = max(stage["choices"], key=value)
    return best
