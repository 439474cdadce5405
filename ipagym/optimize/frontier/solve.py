"""The reduced IPA problem without an integer program: label setting over the stages.

A label is a choice for the first stages: the worth of their accuracy, their cost, their latency and their cores. Labels
are extended stage by stage, and one is dropped where another beats or equals it in all four, or where it cannot lead to
anything better than what is known. Both are safe: what can follow a label depends on these four only, and is worth no
less for one that is ahead in all.

What is known, and how much a label can still lead to, come from the Lagrangian dual. With a price μ on latency and ν on
cores, the best that the stages from s on can add is a function of the worth P of the accuracy so far,

    F_s(P) = max_k [ F_{s+1}(P·a_k) − (cost_k + μ·latency_k + ν·cores_k) ],    F_S(P) = P,

the largest of straight lines in P; so a label leads to F_s(P) − cost + μ·(SLO − latency) + ν·(total − cores) at most,
for any prices. Those that make the bound at the start smallest are found by bisection, and the choices that attain it
there give a first solution where they are feasible; often it is the optimum already. A sum of accuracies is the same
with α·a taken off the cost. Latencies and cores are counted from the least that a stage can do with, so that the terms
of a bound are of the order of what it bounds, and rounding is small beside it. The number of labels has no polynomial
bound (the problem is NP-hard); docs/solvers.md has times. What is known when a time limit comes is the answer then, and
how far the bound lies above it is its gap.
"""

from dataclasses import dataclass
from math import inf
from time import perf_counter

from ipagym.optimize.by_combination import best_combination
from ipagym.optimize.fallback import solution, without_plan
from ipagym.optimize.frontier.bound import Dual, price
from ipagym.optimize.frontier.search import OutOfTime, search
from ipagym.optimize.frontier.tables import Ints, Tables, tables, value
from ipagym.optimize.options import plan_of, undominated_options
from ipagym.optimize.problem import IpaProblem, Solution
from ipagym.optimize.stats import SolveStats, Status
from ipagym.system.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The options to take in each stage, shape (S,), if any are known, how far they may fall short, and why."""

    picks: Ints | None
    gap: float
    status: Status


def solve(problem: IpaProblem, time_limit_s: float = inf) -> Solution:
    """The optimal configuration, or the best known when the time is over; where nothing is feasible, the one of
    `ipagym.optimize.fallback`.

    Raises:
        InputError: the limit is not above 0.
    """
    if not time_limit_s > 0:
        raise InputError(f"time_limit_s must be above 0 seconds, not {time_limit_s}")
    if problem.accuracy_by_combination:
        return best_combination(problem, lambda each: solve(each, time_limit_s))
    started_s = perf_counter()
    options = undominated_options(problem)
    built_s = perf_counter()
    is_hopeless = not all(len(stage.choices) for stage in options)
    best = NOTHING if is_hopeless else best_picks(tables(options, problem), started_s + time_limit_s)
    spent_s = perf_counter() - built_s
    stats = SolveStats(status=best.status, build_s=built_s - started_s, solve_s=spent_s, gap=best.gap)
    if best.picks is None:
        return without_plan(problem, stats)
    return solution(problem, plan_of(options, best.picks), stats)


NOTHING = Best(None, inf, Status.INFEASIBLE)


def best_picks(t: Tables, deadline_s: float = inf) -> Best:
    """The best options, as far as they are known by `deadline_s` on the clock of `perf_counter`."""
    if (t.limit < 0).any():
        return NOTHING
    dual, picks = price(t)
    if picks is not None and value(t, picks) >= dual.bound - t.negligible:
        return Best(picks, 0.0, Status.OPTIMAL)
    try:
        found = search(t, dual, -inf if picks is None else value(t, picks) + t.negligible, deadline_s)
    except OutOfTime:
        return _at_limit(t, dual, picks)
    best = picks if found is None else found
    return NOTHING if best is None else Best(best, 0.0, Status.OPTIMAL)


def _at_limit(t: Tables, dual: Dual, picks: Ints | None) -> Best:
    if picks is None:
        return Best(None, inf, Status.NO_ANSWER)
    known = value(t, picks)
    return Best(picks, (dual.bound - known) / abs(known) if known else inf, Status.FEASIBLE)
