"""Exhaustive search over the IPA problem: the oracle for its integer program, for small pipelines only."""

from itertools import product
from time import perf_counter

from ipagym.optimize.fallback import fallback
from ipagym.optimize.problem import (
    IpaProblem,
    IpaSolution,
    Plan,
    is_feasible,
    objective_value,
    plan_configuration,
)
from ipagym.optimize.stats import SolveStats


def brute_force(problem: IpaProblem) -> IpaSolution:
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
    stats = SolveStats(build_s=0.0, solve_s=spent)
    if best is None:
        return fallback(problem, stats)
    return IpaSolution(configuration=plan_configuration(best[1]), objective=best[0], feasible=True, stats=stats)
