"""What to run when no configuration meets every constraint of the IPA problem.

IPA's code keeps the running configuration then. Under overload that is the worst moment to stand still, so the
fallback here is, in this order: the largest share of the load served, min(1, min over stages of n·h / λ); then the
shortest Σ (l+q), whatever the SLO; then the fewest cores. The bounds on replicas and on cores hold throughout; where
not even one replica of the smallest variants has room, these are asked for all the same.
"""

from collections.abc import Sequence

from ipagym.optimize.options import fewest_replicas
from ipagym.optimize.problem import (
    Choice,
    IpaProblem,
    IpaSolution,
    Plan,
    objective_value,
    plan_configuration,
    stage_latency_s,
)
from ipagym.optimize.stats import SolveStats

Sized = tuple[Choice, int]


def fallback(problem: IpaProblem, stats: SolveStats) -> IpaSolution:
    """The documented stand-in for an infeasible problem."""
    plan = fallback_plan(problem)
    return IpaSolution(
        configuration=plan_configuration(plan),
        objective=objective_value(problem, plan),
        feasible=False,
        stats=stats,
    )


def fallback_plan(problem: IpaProblem) -> Plan:
    """The plan of largest served share, then of shortest latency, then of fewest cores."""
    choices = problem.stages
    for rate in _rates(problem, choices):
        options = [_sized(stage, rate, problem.max_replicas) for stage in choices]
        if _has_room(options, problem.total_cores):
            return _shortest(options, problem)
    return [(min(stage, key=lambda choice: (choice.cores, choice.latency_s)), 1) for stage in choices]


def _rates(problem: IpaProblem, choices: Sequence[Sequence[Choice]]) -> list[float]:
    """Served rates worth a try, falling: λ itself, and every throughput below it that some stage could have."""
    replicas = range(1, problem.max_replicas + 1)
    reachable = {n * choice.throughput_rps for stage in choices for choice in stage for n in replicas}
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
            for choice, replicas in stage:
                cores = used + choice.cores * replicas
                total = latency + stage_latency_s(choice, problem.rate_rps)
                if cores not in following or total < following[cores][0]:
                    following[cores] = (total, [*plan, (choice, replicas)])
        best = following
    limit = problem.total_cores
    fitting = [cores for cores in best if limit is None or cores <= limit]
    return best[min(fitting, key=lambda cores: (best[cores][0], cores))][1]
