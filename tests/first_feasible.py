"""Sponge's released rule, which tries all cores and batches in order: the oracle for its integer program."""

from time import perf_counter

from ipagym.optimize.sponge import SpongeProblem, SpongeSolution, is_in_time, nearest
from ipagym.optimize.stats import SolveStats, Status, proven_infeasible


def first_feasible(problem: SpongeProblem) -> SpongeSolution:
    """The first point that meets the SLO, by rising cores, then batch."""
    started_s = perf_counter()
    for point in sorted(problem.points, key=lambda point: (point.cores, point.batch)):
        if is_in_time(problem, point):
            spent_s = perf_counter() - started_s
            stats = SolveStats(status=Status.OPTIMAL, build_s=0.0, solve_s=spent_s, gap=0.0)
            return SpongeSolution(point=point, stats=stats)
    return nearest(problem, proven_infeasible(started_s))
