"""The Lagrangian bound of the frontier solver: prices of latency and cores that make it small, by bisection."""

from dataclasses import dataclass
from math import inf

import numpy as np

from ipagym.optimize.frontier import kernels
from ipagym.optimize.frontier.tables import UNLIMITED, Floats, Ints, Tables, fits, used, value

BISECTIONS = 20
ROUNDS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """Prices of latency and cores (2,), the bound at the start, and the lines of F for every stage."""

    prices: Floats
    bound: float
    lines: tuple[Floats, Floats, Ints]

    def at(self, s: int, floor: float) -> kernels.After:
        """The bound on the stages from s on, and the value that is to be exceeded."""
        slopes, intercepts, sizes = self.lines
        return slopes[s], intercepts[s], int(sizes[s]), self.prices, floor


def price(t: Tables) -> tuple[Dual, Ints | None]:
    """The prices of the smallest bound, and the best feasible picks met on the way to them."""
    prices = np.zeros(2)
    best, picks = _dual(t, prices)
    known = picks if fits(t, picks) else None
    for _ in range(ROUNDS if t.limit[1] < UNLIMITED else 1):
        for resource in range(2):
            best, known = _reprice(t, best, known, resource)
        if known is not None and value(t, known) >= best.bound - t.negligible:
            break
    return best, known


def _reprice(t: Tables, best: Dual, known: Ints | None, resource: int) -> tuple[Dual, Ints | None]:
    """The same with the best price of one resource, by bisection on whether too much of it is used."""
    prices = best.prices.copy()
    low, high = 0.0, inf
    prices[resource] = 0.0
    for _ in range(2 * BISECTIONS):
        dual, picks = _dual(t, prices)
        if dual.bound < best.bound:
            best = dual
        if fits(t, picks) and (known is None or value(t, picks) > value(t, known)):
            known = picks
        if used(t, picks)[resource] > t.limit[resource]:
            low = prices[resource]
        else:
            high = prices[resource]
        if high == 0 or (high < inf and high - low <= 1e-6 * high):
            break
        prices[resource] = max(4 * low, _first_price(t, resource)) if high == inf else (low + high) / 2
    return best, known


def _first_price(t: Tables, resource: int) -> float:
    """A price at which the resource and the cost of a whole plan are of the same order."""
    return float(
        (np.abs(t.cost).max(axis=1).sum() + t.worth) / max(t.use[resource].max(axis=1).sum(), 1e-9) / 16 + 1e-9
    )


def _dual(t: Tables, prices: Floats) -> tuple[Dual, Ints]:
    """The bound at these prices, and the options that attain it."""
    priced = t.cost + prices[0] * t.use[0] + prices[1] * t.use[1]
    lines = kernels.priced_envelopes(t.accuracy, priced, t.counts, t.worth)
    bound = kernels.highest(lines[0][0], lines[1][0], lines[2][0], t.worth) + float(prices @ t.limit)
    return Dual(prices.copy(), bound, lines), kernels.best_picks((t.accuracy, priced), t.counts, t.worth, lines)
