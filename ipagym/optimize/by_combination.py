"""Accuracy that was measured by combination of variants, for programs that know products and sums only.

The variants of all stages are set to each combination in turn; the accuracy is a constant then, and the program finds
the best replicas and batches. The best of these is the optimum. It takes a solve for each combination; they are few
where each was measured.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from operator import contains

from ipagym.optimize.fallback import without_plan
from ipagym.optimize.problem import IpaProblem, Solution
from ipagym.optimize.stats import SolveStats, Status

Solve = Callable[[IpaProblem], Solution]


def best_combination(problem: IpaProblem, solve: Solve) -> Solution:
    """The best of the solutions that `solve` finds with the variants set to each combination, a time limit counting for
    each; where none is feasible, the fallback for the whole problem.
    """
    variants = [{choice.variant for choice in stage} for stage in problem.stages]
    possible = [
        names
        for names in problem.accuracy_by_combination
        if len(names) == len(variants) and all(map(contains, variants, names))
    ]
    found = [solve(_pinned(problem, names)) for names in possible]
    stats = _together([each.stats for each in found])
    with_plan = [each for each in found if each.feasible]
    if not with_plan:
        return without_plan(problem, stats)
    return replace(max(with_plan, key=lambda each: each.objective), stats=stats)


def _pinned(problem: IpaProblem, names: Sequence[str]) -> IpaProblem:
    """The problem with one variant in each stage, whose accuracy together is that of the first stage alone."""
    accuracy = problem.accuracy_by_combination[tuple(names)]
    others = 1.0 if problem.accuracy == "product" else 0.0
    stages = tuple(
        tuple(
            replace(choice, accuracy=accuracy if index == 0 else others) for choice in stage if choice.variant == name
        )
        for index, (stage, name) in enumerate(zip(problem.stages, names, strict=True))
    )
    return replace(problem, stages=stages, accuracy_by_combination={})


def _together(stats: Sequence[SolveStats]) -> SolveStats:
    """The outcome of several solves as one: the times of all, the widest gap of those with a plan."""
    with_plan = [each for each in stats if each.has_plan]
    statuses = {each.status for each in stats}
    if with_plan:
        status = Status.OPTIMAL if statuses <= {Status.OPTIMAL, Status.INFEASIBLE} else Status.FEASIBLE
    else:
        status = Status.INFEASIBLE if statuses <= {Status.INFEASIBLE} else Status.NO_ANSWER
    return SolveStats(
        status=status,
        build_s=sum(each.build_s for each in stats),
        solve_s=sum(each.solve_s for each in stats),
        gap=max((each.gap for each in with_plan), default=inf),
        variables=sum(each.variables for each in stats),
        constraints=sum(each.constraints for each in stats),
    )
