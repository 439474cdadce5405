"""Completions spread over the windows of an episode: the greatest sum of a convex worth of their numbers.

Requests that arrive in a span (a window, or several where deadlines are far) with their deadlines in the same span,
the next or the one after are three groups. Each has to be put into one of the spans from its arrival to its deadline;
the requests whose deadline is after the last span need not be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil

import numpy as np
from numpy.typing import NDArray

from ipagym.task.scenario import Scenario

FARTHEST = 2
"""Spans from arrival to deadline, at most."""

ROUNDING_S = 1e-9

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """`windows` successive windows: their arrivals by how many spans later the deadline is, at the latest.

    `most` is the highest number of arrivals in one window here or `FARTHEST` spans before or after.
    """

    windows: int
    groups: tuple[int, int, int]
    arrivals: int
    most: int


def spans_of(scenario: Scenario, arrivals_per_s: Sequence[NDArray[np.int64]]) -> list[Span]:
    """The windows, so many taken as one that no deadline is further than `FARTHEST` spans away."""
    interval_s, windows = scenario.interval_s, len(arrivals_per_s)
    slo_s = scenario.pipeline.slo_s
    width = max(1, ceil((slo_s + ROUNDING_S) / (FARTHEST * interval_s)))
    firsts = range(0, windows, width)
    ends_s = np.array([min(first + width, windows) * interval_s for first in firsts])
    per_window = np.array([each.sum() for each in arrivals_per_s])
    found = []
    for number, first in enumerate(firsts):
        here, around = (
            slice(first, first + width),
            slice(max(0, first - FARTHEST * width), first + (FARTHEST + 1) * width),
        )
        groups = [0] * (FARTHEST + 1)
        for window, counts in enumerate(arrivals_per_s[here], start=first):
            for deadline, count in zip(_last_spans(scenario, window, counts, ends_s), counts, strict=True):
                if deadline < len(ends_s):
                    groups[deadline - number] += int(count)
        one, two, three = groups
        arrivals, most = per_window[here], int(per_window[around].max())
        found.append(Span(windows=len(arrivals), groups=(one, two, three), arrivals=int(arrivals.sum()), most=most))
    return found


def _last_spans(scenario: Scenario, window: int, counts: NDArray[np.int64], ends_s: Floats) -> NDArray[np.int64]:
    """For each second of a window, the span in which its requests have their deadline at the latest."""
    ends_in_window_s = np.minimum(np.arange(len(counts)) + 1, scenario.interval_s)
    latest_s = window * scenario.interval_s + ends_in_window_s + scenario.pipeline.slo_s
    return np.searchsorted(ends_s, latest_s + ROUNDING_S)


def most_completed(spans: Sequence[Span]) -> int:
    """The most requests that may be put into one span."""
    return max(_most_in(spans, number) for number in range(len(spans)))


def greatest(spans: Sequence[Span], worths: Floats, violation: float) -> float:
    """The most that the windows are worth together, with `worths[n]` of one in which n are completed.

    A request may be violated instead, at `violation` over the arrivals of a window around; or, where all of a window's
    are violated at once, at `violation` for all that this frees.
    """
    tables = [_with_violations(worths, violation / max(span.most, 1)) for span in spans]
    return _best_way(spans, tables) + sum(
        span.windows * max(0.0, _relief(worths, _most_in(spans, number)) - violation)
        for number, span in enumerate(spans)
    )


def _relief(worths: Floats, freed: int) -> float:
    """The most that is gained where so many requests need no more be put into the spans around."""
    around = 2 * FARTHEST + 1
    return around * float(worths[0] - worths[-(-freed // around)])


def _with_violations(worths: Floats, price: float) -> Floats:
    return np.asarray(np.maximum(worths, worths[0] - price * np.arange(len(worths))))


def _most_in(spans: Sequence[Span], number: int) -> int:
    return sum(span.arrivals for span in spans[max(0, number - FARTHEST) : number + 1])


def _best_way(spans: Sequence[Span], tables: Sequence[Floats]) -> float:
    """Dynamic programming over what has still to be put into the next span, or the next two."""
    best: dict[tuple[int, int], float] = {(0, 0): 0.0}
    for span, table in zip(spans, tables, strict=True):
        now, soon, later = span.groups
        after: dict[tuple[int, int], float] = {}
        empty = (span.windows - 1) * table[0]
        for (due, left), worth in best.items():
            for a, b, c in product(*({0, each} for each in (left, soon, later))):
                state = left - a + soon - b, later - c
                value = worth + empty + table[due + now + a + b + c]
                after[state] = max(after.get(state, -np.inf), value)
        best = after
    return float(max(best.values()))
