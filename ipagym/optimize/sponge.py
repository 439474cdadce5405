"""Sponge's optimum (EuroMLSys 2024, arXiv 2404.00704): the fewest cores for one replica, then the smallest batch.

    min   c + δ·b
    s.t.  ⌈R/b⌉·l(b, c) + cl_max  ≤  reserve · SLO

All R requests of a second are taken to stand in the queue at once and to be served batch after batch, so that the last
one waits for ⌈R/b⌉ batches; cl_max is the longest that a request was on its way. That h(b, c) ≥ R follows from it. The
reserve of 0.9 is the released code's, which tries all c and b in order: the answers are those of the integer program.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from time import perf_counter

import mip

from ipagym.model.latency import LatencyModel
from ipagym.optimize.problem import TOLERANCE
from ipagym.optimize.solver import SCALE, SolverSettings, empty_model, run
from ipagym.optimize.stats import Solved, SolveStats, proven_infeasible
from ipagym.system.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """A number of cores, a batch size, and l(b, c) in seconds."""

    cores: int
    batch: int
    latency_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SpongeProblem:
    """The points to choose from, the rate R, the SLO, the longest way cl_max, and the price δ of a batch in cores."""

    points: tuple[Point, ...]
    rate_rps: float
    slo_s: float
    network_max_s: float
    delta: float = 1e-3
    reserve: float = 0.9

    def __post_init__(self) -> None:
        if not self.points:
            raise InputError("Sponge's problem needs a number of cores and a batch to choose")
        if not (isfinite(self.rate_rps) and self.rate_rps >= 0):
            raise InputError(f"rate_rps must be finite and 0 or more, not {self.rate_rps}")
        if not (self.slo_s > 0 and 0 < self.reserve <= 1):
            raise InputError(f"slo_s must be above 0 and reserve in (0, 1], not {self.slo_s} and {self.reserve}")
        if not (isfinite(self.network_max_s) and self.network_max_s >= 0):
            raise InputError(f"network_max_s must be finite and 0 or more, not {self.network_max_s}")
        if not 0 <= self.delta * max(point.batch for point in self.points) < 1:
            raise InputError(f"delta must be small enough for a core to outweigh any batch, not {self.delta}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SpongeSolution(Solved):
    """The point found, and how it was come to.

    Where it is proven that no point meets the SLO, the one that comes nearest stands in. Where no answer came in time
    there is none.
    """

    point: Point | None


def points_of(models: dict[int, LatencyModel], batches: Sequence[int]) -> tuple[Point, ...]:
    """Every batch on every number of cores, with the p99 latency."""
    return tuple(Point(cores=c, batch=b, latency_s=m.p99(b)) for c, m in sorted(models.items()) for b in batches)


def planned_s(problem: SpongeProblem, point: Point) -> float:
    """⌈R/b⌉·l(b, c) + cl_max: when the last request of a second is answered, counted from its sending."""
    return ceil(problem.rate_rps / point.batch) * point.latency_s + problem.network_max_s


def is_in_time(problem: SpongeProblem, point: Point) -> bool:
    """True where the last request of a second is answered within the reserved part of the SLO."""
    needed_s = planned_s(problem, point)
    return isfinite(needed_s) and needed_s <= problem.reserve * problem.slo_s * (1 + TOLERANCE)


def solve(problem: SpongeProblem, settings: SolverSettings | None = None) -> SpongeSolution:
    """The optimum, or the best found within the time; the nearest point where none meets the SLO.

    Points that are not in time are not put into the program: it has the constraint as the paper writes it, and its
    numbers stay small.

    Raises:
        SolverError: the solver ended without an optimum and without a proof that there is none.
    """
    started_s, chosen = perf_counter(), settings or SolverSettings()
    able = [point for point in problem.points if is_in_time(problem, point)]
    if not able:
        return nearest(problem, proven_infeasible(started_s))
    model = empty_model(chosen, mip.MINIMIZE)
    taken = [(point, model.add_var(var_type=mip.BINARY)) for point in able]
    allowed_s = problem.reserve * problem.slo_s
    model += mip.xsum(x for _, x in taken) == 1
    model += mip.xsum(planned_s(problem, point) / allowed_s * x for point, x in taken) <= 1 + TOLERANCE
    model.objective = SCALE * mip.xsum((point.cores + problem.delta * point.batch) * x for point, x in taken)
    stats = run(model, chosen, started_s)
    if not stats.has_plan:
        return SpongeSolution(point=None, stats=stats)
    return SpongeSolution(point=max(taken, key=lambda each: float(each[1].x))[0], stats=stats)


def nearest(problem: SpongeProblem, stats: SolveStats) -> SpongeSolution:
    """The point at which the last request is answered soonest, then of fewest cores: as few as can be are late then.

    The released code keeps what it has, which may be one core when the link gets slow.
    """
    best = min(problem.points, key=lambda point: (planned_s(problem, point), point.cores, point.batch))
    return SpongeSolution(point=best, stats=stats)
