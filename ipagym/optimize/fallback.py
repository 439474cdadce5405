"""The plan for a load under which no configuration meets every constraint of the IPA problem.

IPA's code keeps the running configuration then. Under overload that is the worst moment to stand still, so the
fallback here is, in this order: the largest share of the load served, min(1, min over stages of n·h / λ); then the
shortest Σ (l+q), whatever the SLO; then the fewest cores. The bounds on replicas and on cores hold throughout; where
not even one replica of the smallest variants has room, these are asked for all the same. It is for what is proven to
be infeasible; that a solver had no answer in time says nothing about the problem.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from math import nan

from ipagym.model.configuration import Configuration
from ipagym.optimize.options import fewest_replicas
from ipagym.optimize.problem import (
    Choice,
    IpaProblem,
    Plan,
    Solution,
    objective_value,
    plan_configuration,
    stage_latency_s,
)
from ipagym.optimize.stats import SolveStats, Status

ConfigurationOf = Callable[[Plan], Configuration]
"""The configuration that a plan stands for, on base cores or on others."""

Sized = tuple[Choice, int]

Rated = tuple[int, float, Sized]
"""Cores in all and latency of a sized choice."""


def solution(
    problem: IpaProblem,
    plan: Plan,
    stats: SolveStats,
    configuration_of: ConfigurationOf = plan_configuration,
) -> Solution:
    """A plan, and how it was come to."""
    return Solution(configuration=configuration_of(plan), objective=objective_value(problem, plan), stats=stats)


def without_plan(
    problem: IpaProblem, stats: SolveStats, configuration_of: ConfigurationOf = plan_configuration
) -> Solution:
    """The documented stand-in for an infeasible problem; nothing where no answer came in time."""
    if stats.status is Status.NO_ANSWER:
        return Solution(configuration=None, objective=nan, stats=stats)
    return solution(problem, fallback_plan(problem), stats, configuration_of)


def fallback_plan(problem: IpaProblem) -> Plan:
    """The plan of largest served share, then of shortest latency, then of fewest cores."""
    rates = _rates(problem)

    def options(at: int) -> list[list[Sized]]:
        return [_sized(stage, rates[at], problem.max_replicas) for stage in problem.stages]

    at = bisect_left(range(len(rates)), True, key=lambda at: _has_room(options(at), problem.total_cores))
    if at < len(rates):
        return _shortest(options(at), problem)
    return [(min(stage, key=lambda choice: (choice.cores, choice.latency_s)), 1) for stage in problem.stages]


def _rates(problem: IpaProblem) -> list[float]:
    """Served rates worth a try, falling: λ itself, and every throughput below it that some stage could have.

    Where there is room for one of them there is for all that are lower.
    """
    replicas = range(1, problem.max_replicas + 1)
    reachable = {n * choice.throughput_rps for stage in problem.stages for choice in stage for n in replicas}
    return [problem.rate_rps, *sorted((r for r in reachable if r < problem.rate_rps), reverse=True)]


def _sized(choices: Sequence[Choice], rate_rps: float, max_replicas: int) -> list[Sized]:
    """Each choice that can serve the rate, with the fewest replicas that do."""
    sized = [(choice, fewest_replicas(choice, rate_rps)) for choice in choices]
    return [(choice, replicas) for choice, replicas in sized if replicas <= max_replicas]


def _has_room(options: Sequence[Sequence[Sized]], total_cores: int | None) -> bool:
    if not all(options):
        return False
    return total_cores is None or sum(min(c.cores * n for c, n in stage) for stage in options) <= total_cores


def _shortest(options: Sequence[Sequence[Sized]], problem: IpaProblem) -> Plan:
    """The plan of shortest latency, then of fewest cores, within the cores: dynamic programming over cores used."""
    best: dict[int, tuple[float, Plan]] = {0: (0.0, [])}
    for stage in options:
        following: dict[int, tuple[float, Plan]] = {}
        for used, (latency, plan) in best.items():
            for own, own_s, sized in _staircase(stage, problem):
                cores, total_s = used + own, latency + own_s
                if problem.total_cores is not None and cores > problem.total_cores:
                    break
                if cores not in following or total_s < following[cores][0]:
                    following[cores] = (total_s, [*plan, sized])
        best = following
    return best[min(best, key=lambda cores: (best[cores][0], cores))][1]


def _staircase(stage: Sequence[Sized], problem: IpaProblem) -> list[Rated]:
    """The choices of a stage worth a look: by rising cores, each shorter than all before; the last if cores abound."""
    rated = [(c.cores * n, stage_latency_s(c, problem.rate_rps), (c, n)) for c, n in stage]
    kept: list[Rated] = []
    for each in sorted(rated, key=lambda each: each[:2]):
        if not kept or each[1] < kept[-1][1]:
            kept.append(each)
    return kept if problem.total_cores is not None else kept[-1:]
