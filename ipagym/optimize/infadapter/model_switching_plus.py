"""MS+, InfAdapter's own version of Model-Switching: one variant and its cores (its released `reconfig_msp`).

    max   a_v − β'·c/B − γ'·t_v·[(v, c) is not what runs]/max t
    s.t.  cap_v(c)  ≥  λ,  least ≤ c ≤ C'

C' is the least number of cores on which the most accurate variant carries λ, the whole budget B where it never does.
Where no variant carries the load within C', the one of lowest accuracy gets the whole budget. All candidates are tried:
the answer is exact, and there is no time limit to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from ipagym.optimize.infadapter.program import Candidate
from ipagym.system.errors import InputError


@dataclass(frozen=True, kw_only=True, slots=True)
class MsPlusProblem:
    """The candidates with their planned capacities, the load, the budget, and what runs (variant and cores).

    `cost` weighs all cores of the budget together, `loading` the longest loading time.
    """

    candidates: Sequence[Candidate]
    rate_rps: float
    budget: int
    cost: float = 0.05
    loading: float = 0.001
    previous: tuple[str, int] | None = None

    def __post_init__(self) -> None:
        if not (isfinite(self.rate_rps) and self.rate_rps >= 0):
            raise InputError(f"rate_rps must be finite and 0 or more, not {self.rate_rps}")
        if not self.candidates or not all(candidate.capacity_rps for candidate in self.candidates):
            raise InputError("MS+ needs variants, each with a capacity on some number of cores")
        if self.budget < min(min(self.candidates, key=lambda candidate: candidate.accuracy).capacity_rps):
            raise InputError(f"budget must have room for the variant of lowest accuracy, not {self.budget} cores")


def solve(problem: MsPlusProblem) -> tuple[str, int]:
    """The variant and its cores."""
    by_accuracy = sorted(problem.candidates, key=lambda candidate: candidate.accuracy)
    most = _least_cores(by_accuracy[-1], problem.rate_rps, problem.budget) or problem.budget
    sized = [(candidate, _least_cores(candidate, problem.rate_rps, most)) for candidate in by_accuracy]
    able = [(candidate, cores) for candidate, cores in sized if cores is not None]
    if not able:
        lightest = by_accuracy[0]
        return lightest.name, max(c for c in lightest.capacity_rps if c <= problem.budget)
    best, cores = max(able, key=lambda each: score(problem, *each))
    return best.name, cores


def score(problem: MsPlusProblem, candidate: Candidate, cores: int) -> float:
    """The value that is maximised."""
    is_new = problem.previous is not None and (candidate.name, cores) != problem.previous
    slowest_s = max(each.load_s for each in problem.candidates) or 1.0
    loading = problem.loading * candidate.load_s / slowest_s if is_new else 0.0
    return candidate.accuracy - problem.cost * cores / problem.budget - loading


def _least_cores(candidate: Candidate, rate_rps: float, most: int) -> int | None:
    able = (c for c, capacity in candidate.capacity_rps.items() if c <= most and capacity >= rate_rps)
    return min(able, default=None)
