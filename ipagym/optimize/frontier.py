"""The reduced IPA problem without an integer program: label setting over the stages.

A label is a choice for the first stages: the worth of their accuracy, their cost, their latency and their cores. Labels
are extended stage by stage, and one is dropped where another beats or equals it in all four, or where it cannot lead to
anything better than what is known. Both are safe: what can follow a label depends on these four only, and is worth no
less for one that is ahead in all.

What is known, and how much a label can still lead to, come from the Lagrangian dual. With a price μ on latency and ν on
cores, the best that the stages from s on can add is a function of the worth P of the accuracy so far,

    F_s(P) = max_k [ F_{s+1}(P·a_k) − (cost_k + μ·latency_k + ν·cores_k) ],    F_S(P) = P,

the largest of straight lines in P; so a label leads to F_s(P) − cost + μ·(SLO − latency) + ν·(total − cores) at most,
for any prices. Those that make the bound at the start smallest are found by bisection, and the choices that attain it
there give a first solution where they are feasible; often it is the optimum already. A sum of accuracies is the same
with α·a taken off the cost. The number of labels has no polynomial bound (the problem is NP-hard); docs/solvers.md has
times.
"""

from dataclasses import dataclass
from math import inf
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ipagym.optimize import frontier_kernels as kernels
from ipagym.optimize.fallback import fallback
from ipagym.optimize.options import Options, plan_of, undominated_options
from ipagym.optimize.problem import TOLERANCE, IpaProblem, IpaSolution, objective_value, plan_configuration
from ipagym.optimize.stats import SolveStats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEGLIGIBLE = 1e-12
"""Relative difference in value below which two solutions count as equally good: rounding makes more."""

BISECTIONS = 20
ROUNDS = 3
UNLIMITED = 1e18
"""Stands for no limit, so that a price of 0 times it is 0."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tables:
    """Options as arrays of shape (S, K), padded; `use` (2, S, K) is latency and cores, `limit` (2,) what there is."""

    counts: Ints
    accuracy: Floats
    cost: Floats
    use: Floats
    limit: Floats
    worth: float


@dataclass(frozen=True, slots=True, eq=False)
class Dual:
    """Prices of latency and cores (2,), the bound at the start, and the lines of F for every stage."""

    prices: Floats
    bound: float
    lines: tuple[Floats, Floats, Ints]


def solve(problem: IpaProblem) -> IpaSolution:
    """The optimal configuration, or the one of `ipagym.optimize.fallback` where none is feasible."""
    started_s = perf_counter()
    options = undominated_options(problem)
    built_s = perf_counter()
    picks = best_picks(tables(options, problem)) if all(len(stage.choices) for stage in options) else None
    stats = SolveStats(build_s=built_s - started_s, solve_s=perf_counter() - built_s)
    if picks is None:
        return fallback(problem, stats)
    plan = plan_of(options, picks)
    return IpaSolution(
        configuration=plan_configuration(plan), objective=objective_value(problem, plan), feasible=True, stats=stats
    )


def tables(options: tuple[Options, ...], problem: IpaProblem) -> Tables:
    """The options in the form that the search works on."""
    counts = np.array([len(stage.choices) for stage in options])
    accuracy, cost, latency, cores = (np.zeros((len(options), counts.max())) for _ in range(4))
    alpha, is_product = problem.objective.alpha, problem.accuracy == "product"
    for s, stage in enumerate(options):
        accuracy[s, : counts[s]] = stage.accuracy if is_product else 1.0
        cost[s, : counts[s]] = stage.cost if is_product else stage.cost - alpha * stage.accuracy
        latency[s, : counts[s]] = stage.latency_s
        cores[s, : counts[s]] = 0 if problem.total_cores is None else stage.cores
    total = UNLIMITED if problem.total_cores is None else float(problem.total_cores)
    return Tables(
        counts=counts,
        accuracy=accuracy,
        cost=cost,
        use=np.stack([latency, cores]),
        limit=np.array([min(problem.slo_s * (1 + TOLERANCE), UNLIMITED), total]),
        worth=alpha if is_product else 0.0,
    )


def best_picks(t: Tables) -> Ints | None:
    """The option to take in each stage, shape (S,); none where nothing is feasible."""
    least = _least_use(t)
    if (least[:, 0] > t.limit).any():
        return None
    dual, picks = price(t)
    known = -inf if picks is None else value(t, picks)
    if known >= dual.bound - NEGLIGIBLE * max(1.0, abs(known)):
        return picks
    found = _search(t, dual, known, t.limit[:, np.newaxis] - least)
    return picks if found is None else found


def price(t: Tables) -> tuple[Dual, Ints | None]:
    """The prices of the smallest bound, and the best feasible picks met on the way to them."""
    prices = np.zeros(2)
    best, picks = _dual(t, prices)
    known = picks if _fits(t, picks) else None
    for _ in range(ROUNDS if t.limit[1] < UNLIMITED else 1):
        for resource in range(2):
            best, known = _reprice(t, best, known, resource)
        if known is not None and value(t, known) >= best.bound - NEGLIGIBLE * max(1.0, abs(best.bound)):
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
        if _fits(t, picks) and (known is None or value(t, picks) > value(t, known)):
            known = picks
        if _used(t, picks)[resource] > t.limit[resource]:
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


def _search(t: Tables, dual: Dual, known: float, allowed: Floats) -> Ints | None:
    """The picks of the best label that beats what is known; none where no label does."""
    worth, cost, use = np.array([t.worth]), np.zeros(1), np.zeros((2, 1))
    steps: list[tuple[Ints, Ints]] = []
    floor = known + NEGLIGIBLE * max(1.0, abs(known)) if known > -inf else -inf
    for s, number in enumerate(t.counts.tolist()):
        own = (t.accuracy[s, :number], t.cost[s, :number], np.ascontiguousarray(t.use[:, s, :number]))
        bound = (dual.lines[0][s + 1], dual.lines[1][s + 1], dual.lines[2][s + 1])
        limits = (t.limit, np.ascontiguousarray(allowed[:, s + 1]), dual.prices, floor)
        worth, cost, use, parent, option = kernels.extend((worth, cost, use), own, bound, limits)
        kept = _undominated(worth, np.concatenate([cost[np.newaxis], use]))
        worth, cost, use = worth[kept], cost[kept], np.ascontiguousarray(use[:, kept])
        steps.append((parent[kept], option[kept]))
        if not len(worth):
            return None
    return _traced(steps, int(np.argmax(worth - cost)))


def _undominated(gain: Floats, loss: Floats) -> Ints:
    order = np.lexsort((*loss[1:], -gain, loss[0]))
    return np.asarray(kernels.undominated(order, gain, np.ascontiguousarray(loss)))


def _traced(steps: list[tuple[Ints, Ints]], label: int) -> Ints:
    """The options that led to a label of the last stage, shape (S,)."""
    picks = []
    for parent, option in reversed(steps):
        picks.append(int(option[label]))
        label = int(parent[label])
    return np.array(picks[::-1])


def _least_use(t: Tables) -> Floats:
    """The least that the stages from s on can use, shape (2, S + 1)."""
    real = np.arange(t.accuracy.shape[1]) < t.counts[:, np.newaxis]
    least = np.where(real, t.use, inf).min(axis=2)
    return np.concatenate([np.cumsum(least[:, ::-1], axis=1)[:, ::-1], np.zeros((2, 1))], axis=1)


def _used(t: Tables, picks: Ints) -> Floats:
    return np.asarray(t.use[:, np.arange(len(picks)), picks].sum(axis=1))


def _fits(t: Tables, picks: Ints) -> bool:
    return bool((_used(t, picks) <= t.limit).all())


def value(t: Tables, picks: Ints) -> float:
    """What the options of these numbers are worth, less their cost."""
    stages = np.arange(len(picks))
    return float(t.worth * t.accuracy[stages, picks].prod() - t.cost[stages, picks].sum())
