"""Options that cannot be part of an optimum, found by the Lagrangian bound of the frontier solver and left out.

With prices on latency and cores, the best that can be had with option k in stage s is a bound on every plan with it. A
plan that is known to be feasible may be better than that; then no optimum holds the option. What is left is often one
or two options per stage, which an integer program makes short work of.
"""

import numpy as np

from ipagym.optimize.frontier import kernels
from ipagym.optimize.frontier.bound import Dual, price
from ipagym.optimize.frontier.tables import Floats, Ints, Tables, tables, value
from ipagym.optimize.options import Options
from ipagym.optimize.problem import IpaProblem

SLACK = 1e3
"""An option is kept where its bound is so many negligible differences below what is known: bounds are sums of rounded
numbers.
"""


def promising_options(problem: IpaProblem, options: tuple[Options, ...]) -> tuple[Options, ...]:
    """The options without those that no optimum holds; all of them where no feasible plan comes with the bound."""
    t = tables(options, problem)
    dual, picks = price(t)
    if picks is None:
        return options
    least = value(t, picks) - SLACK * t.negligible
    kept = []
    for s, (stage, bounds) in enumerate(zip(options, _bounds(t, dual), strict=True)):
        which = bounds >= least
        which[picks[s]] = True
        kept.append(stage.keep(which))
    return tuple(kept)


def _bounds(t: Tables, dual: Dual) -> list[Floats]:
    """For each stage, the bound with each of its options taken, shape (number of options,)."""
    priced = t.cost + dual.prices[0] * t.use[0] + dual.prices[1] * t.use[1]
    accuracy, price, counts = (np.ascontiguousarray(each[::-1]) for each in (t.accuracy, priced, t.counts))
    before, after = kernels.priced_envelopes(accuracy, price, counts, t.worth), dual.lines
    paid = float(dual.prices @ t.limit)
    bounds, stages = [], len(t.counts)
    for s, number in enumerate(t.counts.tolist()):
        lines = _combined(_lines(before, stages - s), _lines(after, s + 1), t.worth)
        own = zip(t.accuracy[s, :number].tolist(), priced[s, :number].tolist(), strict=True)
        best = [kernels.highest(lines[0], lines[1], len(lines[0]), t.worth * a) - price for a, price in own]
        bounds.append(np.array(best) + paid)
    return bounds


def _lines(lines: tuple[Floats, Floats, Ints], at: int) -> Floats:
    """Slopes and intercepts, shape (2, lines)."""
    slopes, intercepts, sizes = lines
    return np.stack([slopes[at, : sizes[at]], intercepts[at, : sizes[at]]])


def _combined(one: Floats, other: Floats, most: float) -> Floats:
    """The lines of both parts together: slopes multiply, intercepts add."""
    every = np.stack([np.multiply.outer(one[0], other[0]).ravel(), np.add.outer(one[1], other[1]).ravel()], axis=1)
    kept = kernels.upper_envelope(every, most)
    return np.ascontiguousarray(every[kept].T)
