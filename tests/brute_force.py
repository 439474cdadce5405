"""Exhaustive search over the IPA problem: the oracle for its integer program, for small pipelines only."""

from itertools import product
from math import inf
from time import perf_counter

from ipagym.optimize.fallback import solution, without_plan
from ipagym.optimize.problem import TOLERANCE, IpaProblem, Plan, Solution, objective_value, stage_latency_s
from ipagym.optimize.stats import SolveStats, Status


def brute_force(problem: IpaProblem) -> Solution:
    """The first best of all feasible plans: every variant, batch and number of replicas is tried.

    The plans number (variants · batches · max_replicas) to the power of the stages. Infeasible problems get the same
    fallback as the integer program.
    """
    started = perf_counter()
    replicas = range(1, problem.max_replicas + 1)
    options = [list(product(choices, replicas)) for choices in problem.stages]
    best: tuple[float, Plan] | None = None
    for plan in product(*options):
        if is_feasible(problem, plan):
            value = objective_value(problem, plan)
            if best is None or value > best[0]:
                best = (value, plan)
    spent = perf_counter() - started
    if best is None:
        return without_plan(problem, SolveStats(status=Status.INFEASIBLE, build_s=0.0, solve_s=spent, gap=inf))
    return solution(problem, best[1], SolveStats(status=Status.OPTIMAL, build_s=0.0, solve_s=spent, gap=0.0))


def is_feasible(problem: IpaProblem, plan: Plan) -> bool:
    """True where a plan meets the load, the SLO, the replica bounds and the cores."""
    rate = problem.rate_rps
    total = problem.total_cores
    return (
        all(1 <= replicas <= problem.max_replicas for _, replicas in plan)
        and all(replicas * choice.throughput_rps >= rate * (1 - TOLERANCE) for choice, replicas in plan)
        and sum(stage_latency_s(choice, rate) for choice, _ in plan) <= problem.allowed_s
        and (total is None or sum(replicas * choice.cores for choice, replicas in plan) <= total)
    )
