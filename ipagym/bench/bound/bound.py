"""An upper bound on the reward of an episode under any course of decisions, by relaxation.

Windows t = 1 … T are scored. In window t, A_t requests arrive, n_t are completed and V_t violated; w is the price of
violations. Each choice v of one variant per stage has an accuracy a_v, and a charge κ_v (`charges`): the least price of
the core-seconds that a request takes on it. λ is the share of the cores always held that is charged to windows.

1. reward_t ≤ α·accuracy_t − held_t − w·min(1, V_t/A_t), held_t being the price of cores and energy: switching, loading
   and larger batches cost, and earn nothing.
2. Σ held_t ≥ T·always + Σ κ_v over the requests completed, less what was done before window 1 for the requests in the
   system then, and less what chance spares (`charges`, `chance`). What is charged to a request is charged in the window
   that completes it, whenever it was done.
3. accuracy_t is the mean of a_v over the n_t completed (some a_v or a mean of them, if n_t = 0), hence
   α·accuracy_t − charges_t ≤ mean of (α·a_v − n_t·κ_v) ≤ f(n_t) := max over v of (α·a_v − n_t·κ_v).
   f falls and is convex.
4. A request whose deadline is in window d ≥ t is completed in one of the windows t … d, or is counted there as
   violated, at w/A or more, A being the most arrivals of a window around; unless V_u ≥ A_u in one of them.
5. f(n − j) − j·w/A ≤ g(n) := max(f(n), f(0) − n·w/A), by convexity: completed or violated, all have to go somewhere.
6. A window with V_u ≥ A_u pays w, and frees the requests that have it among theirs, r of them. By convexity that
   relieves a window that had r_i of them by g(n) − g(n + r_i) ≤ f(0) − f(r_i), and all of them by most where the r_i
   are equal. Where that is more than w, the difference is added.
7. Σ g(n_t) is convex in how the requests of one window with one deadline are shared out over the windows allowed to
   them: it is greatest where each such group goes to one window as a whole. `sharing_out` tries them all.

It holds for every λ and every level of chance; the least that is found is the bound. Left out is what a real course
pays besides: replicas at rest, load times, changes, and that a batch has to be in time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.bench.bound.charges import Charges, charges
from ipagym.bench.bound.sampling import levels
from ipagym.bench.bound.sharing_out import Span, greatest, most_completed, spans_of
from ipagym.model.pipeline import Pipeline
from ipagym.task.scenario import Scenario

SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
"""The λ that are tried."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """The demand, which does not depend on decisions: arrivals in each second of each scored window; requests in the
    system before.
    """

    arrivals_per_s: Sequence[NDArray[np.int64]]
    waiting: int

    @property
    def requests(self) -> int:
        """All that can be served in the scored windows."""
        return self.waiting + int(sum(each.sum() for each in self.arrivals_per_s))


def demand_of(frame: pd.DataFrame) -> Demand:
    """The demand of an episode, from the figures of its windows and the arrivals of every second."""
    first = frame.iloc[0]
    waiting = int(first["in_system"] + first["completed"] + first["dropped"] - first["arrivals"])
    return Demand(arrivals_per_s=[np.asarray(each) for each in frame["arrivals_per_s"]], waiting=waiting)


def bound(scenario: Scenario, demand: Demand) -> float:
    """The highest possible mean reward per scored window of any course of decisions: see above."""
    spans, level = spans_of(scenario, demand.arrivals_per_s), len(levels(scenario.physics)) - 1
    found: dict[tuple[float, int], float] = {}

    def at(share: float, number: int) -> float:
        if (share, number) not in found:
            stated = charges(scenario, requests=demand.requests, share=share, level=number)
            found[share, number] = _bound(scenario, demand, spans, stated)
        return found[share, number]

    share = min(SHARES, key=lambda each: at(each, level))
    level = min(range(level + 1), key=lambda each: at(share, each))
    return min(at(each, level) for each in SHARES)


def most_per_window(scenario: Scenario) -> float:
    """An upper bound on the reward of any window: the highest accuracy on the fewest cores."""
    return (
        scenario.objective.alpha * _best_accuracy(scenario.pipeline)
        - charges(scenario, requests=0, share=1.0, level=len(levels(scenario.physics)) - 1).always
    )


def _bound(scenario: Scenario, demand: Demand, spans: Sequence[Span], stated: Charges) -> float:
    worths = _worths(scenario, stated, most_completed(spans))
    total = greatest(spans, worths, scenario.objective.violation)
    spared = stated.spared + demand.waiting * stated.done_before(scenario)
    return (total + spared) / len(demand.arrivals_per_s) - stated.always


def _worths(scenario: Scenario, stated: Charges, most: int) -> Floats:
    """f(n) for n = 0 … most."""
    points = _points(scenario.pipeline, stated)
    lines = np.array(sorted(points))
    worths = scenario.objective.alpha * lines[:, 0] - np.arange(most + 1)[:, np.newaxis] * lines[:, 1]
    return np.asarray(worths.max(axis=1))


def _points(pipeline: Pipeline, stated: Charges) -> set[tuple[float, float]]:
    """Accuracy and charge of the choices of a variant in each stage, but for those that another one beats in both."""
    if pipeline.accuracy_by_combination:
        paid = map(sum, product(*(each.tolist() for each in stated.by_variant)))
        return _undominated(zip(map(pipeline.accuracy_of, pipeline.combinations), paid, strict=True))
    points = {(1.0, 0.0)}
    for accuracies, prices in zip(_accuracies(pipeline), stated.by_variant, strict=True):
        each = list(zip(accuracies.tolist(), prices.tolist(), strict=True))
        points = _undominated((a * accuracy, paid + price) for a, paid in points for accuracy, price in each)
    return points


def _undominated(points: Iterable[tuple[float, float]]) -> set[tuple[float, float]]:
    """Of (accuracy, price), those of which no other is as accurate for less."""
    kept: set[tuple[float, float]] = set()
    least = float("inf")
    for accuracy, price in sorted(points, key=lambda point: (-point[0], point[1])):
        if price < least:
            kept.add((accuracy, price))
            least = price
    return kept


def _accuracies(pipeline: Pipeline) -> list[Floats]:
    return [np.array([variant.accuracy for variant in stage.variants]) for stage in pipeline.stages]


def _best_accuracy(pipeline: Pipeline) -> float:
    if pipeline.accuracy_by_combination:
        return max(map(pipeline.accuracy_of, pipeline.combinations))
    return float(np.prod([each.max() for each in _accuracies(pipeline)]))
