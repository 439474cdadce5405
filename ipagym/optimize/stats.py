"""The outcome of a solve, with its times and its gap."""

from dataclasses import dataclass
from enum import StrEnum
from math import inf
from time import perf_counter


class Status(StrEnum):
    """The outcome of a solve.

    A plan is optimal, or feasible and the best known when the time was over; there is proof that no plan exists; or
    the time was over and neither a plan nor such a proof had been found.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible at limit"
    INFEASIBLE = "infeasible"
    NO_ANSWER = "no answer in time"


@dataclass(frozen=True, kw_only=True, slots=True)
class SolveStats:
    """Times, gap and size of a solve.

    `gap` is how far the solution may be from the optimum, relative to its own value: 0 for an optimum, unless a wider
    gap was accepted, and infinite where no plan is known. `variables` and `constraints` are the size of the program.
    """

    status: Status
    build_s: float
    solve_s: float
    gap: float
    variables: int = 0
    constraints: int = 0

    @property
    def has_plan(self) -> bool:
        """True where a plan was found, be it optimal or the best known at the time limit."""
        return self.status in (Status.OPTIMAL, Status.FEASIBLE)


def proven_infeasible(started_s: float) -> SolveStats:
    """The outcome where building the program, begun at `started_s`, has shown that there is no plan."""
    return SolveStats(status=Status.INFEASIBLE, build_s=perf_counter() - started_s, solve_s=0.0, gap=inf)


@dataclass(frozen=True, kw_only=True, slots=True)
class Solved:
    """A solution with its outcome."""

    stats: SolveStats

    @property
    def status(self) -> Status:
        """The outcome of the solve."""
        return self.stats.status

    @property
    def feasible(self) -> bool:
        """True where there is a plan that meets every constraint, be it optimal or the best known at the time limit."""
        return self.stats.has_plan
