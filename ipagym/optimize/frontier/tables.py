"""The arrays of the frontier solver: the options of all stages, and the value of a choice of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipagym.optimize.options import Options
from ipagym.optimize.problem import IpaProblem

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEGLIGIBLE = 1e-12
"""Difference in value, relative to what values are made of, below which two solutions are equally good: rounding makes
more.
"""

UNLIMITED = 1e18
"""Stands for no limit, so that a price of 0 times it is 0."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tables:
    """Options as arrays of shape (S, K), padded; `use` (2, S, K) is latency and cores, `limit` (2,) what there is.

    Use and limit are what goes beyond the least use of every stage. No value is beyond `size`, the sum of its largest
    terms.
    """

    counts: Ints
    accuracy: Floats
    cost: Floats
    use: Floats
    limit: Floats
    worth: float

    @property
    def size(self) -> float:
        return float(self.worth + np.abs(self.cost).max(axis=1).sum())

    @property
    def negligible(self) -> float:
        """The difference in value that says nothing."""
        return NEGLIGIBLE * self.size


def tables(options: tuple[Options, ...], problem: IpaProblem) -> Tables:
    """The options in the form that the search works on."""
    counts = np.array([len(stage.choices) for stage in options])
    accuracy, cost, latency, cores = (np.zeros((len(options), counts.max())) for _ in range(4))
    alpha, is_product = problem.objective.alpha, problem.accuracy == "product"
    least = np.zeros(2)
    for s, stage in enumerate(options):
        accuracy[s, : counts[s]] = stage.accuracy if is_product else 1.0
        cost[s, : counts[s]] = stage.cost if is_product else stage.cost - alpha * stage.accuracy
        own = [stage.latency_s.min(), 0 if problem.total_cores is None else stage.cores.min()]
        latency[s, : counts[s]] = stage.latency_s - own[0]
        cores[s, : counts[s]] = 0 if problem.total_cores is None else stage.cores - own[1]
        least += own
    total = UNLIMITED if problem.total_cores is None else float(problem.total_cores)
    return Tables(
        counts=counts,
        accuracy=accuracy,
        cost=cost,
        use=np.stack([latency, cores]),
        limit=np.array([min(problem.allowed_s, UNLIMITED), total]) - least,
        worth=alpha if is_product else 0.0,
    )


def used(t: Tables, picks: Ints) -> Floats:
    return np.asarray(t.use[:, np.arange(len(picks)), picks].sum(axis=1))


def fits(t: Tables, picks: Ints) -> bool:
    return bool((used(t, picks) <= t.limit).all())


def value(t: Tables, picks: Ints) -> float:
    """The worth of the options of these numbers, less their cost."""
    stages = np.arange(len(picks))
    return float(t.worth * t.accuracy[stages, picks].prod() - t.cost[stages, picks].sum())
