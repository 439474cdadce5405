"""The labels of the frontier solver, stage by stage, until the time is over."""

from math import inf
from time import perf_counter

import numpy as np

from ipagym.optimize.frontier import kernels
from ipagym.optimize.frontier.bound import Dual
from ipagym.optimize.frontier.tables import Floats, Ints, Tables

Labels = tuple[Floats, Floats, Floats]
"""Worth (N,), cost (N,) and use (2, N)."""

BLOCK = 256
"""Labels that are dealt with between two looks at the clock."""


class OutOfTime(Exception):
    """The time was over before the search was."""


def search(t: Tables, dual: Dual, floor: float, deadline_s: float = inf) -> Ints | None:
    """The picks of the best label that is worth more than `floor`; none where no label is.

    Raises:
        OutOfTime: `deadline_s` came first, on the clock of `perf_counter`.
    """
    labels: Labels = np.array([t.worth]), np.zeros(1), np.zeros((2, 1))
    steps: list[tuple[Ints, Ints]] = []
    for s in range(len(t.counts)):
        (worth, cost, use), parent, option = _extended(labels, t, dual.at(s + 1, floor), s, deadline_s)
        kept = _undominated(worth, np.ascontiguousarray(np.concatenate([cost[np.newaxis], use])), deadline_s)
        labels = worth[kept], cost[kept], np.ascontiguousarray(use[:, kept])
        steps.append((parent[kept], option[kept]))
        if not len(kept):
            return None
    return _traced(steps, int(np.argmax(labels[0] - labels[1])))


def _extended(labels: Labels, t: Tables, after: kernels.After, s: int, deadline_s: float) -> tuple[Labels, Ints, Ints]:
    """Labels with an option of stage s each that may still lead to more; the label and the option they come from."""
    number = t.counts[s]
    own = t.accuracy[s, :number], t.cost[s, :number], np.ascontiguousarray(t.use[:, s, :number])
    parts = []
    for first in range(0, len(labels[0]), BLOCK):
        _look_at_the_clock(deadline_s)
        worth, cost, use = (each[..., first : first + BLOCK] for each in labels)
        *made, parent, option = kernels.extend((worth, cost, np.ascontiguousarray(use)), own, after, t.limit)
        parts.append((*made, parent + first, option))
    worth, cost, use, parent, option = (np.concatenate(each, axis=-1) for each in zip(*parts, strict=True))
    return (worth, cost, use), parent, option


def _undominated(gain: Floats, loss: Floats, deadline_s: float) -> Ints:
    order = np.lexsort((*loss[1:], -gain, loss[0]))
    kept, size = np.empty(len(order), np.int64), 0
    for first in range(0, len(order), BLOCK):
        _look_at_the_clock(deadline_s)
        size = kernels.keep_undominated((kept, size), order[first : first + BLOCK], gain, loss)
    return kept[:size]


def _look_at_the_clock(deadline_s: float) -> None:
    if perf_counter() >= deadline_s:
        raise OutOfTime


def _traced(steps: list[tuple[Ints, Ints]], label: int) -> Ints:
    """The options that led to a label of the last stage, shape (S,)."""
    picks = []
    for parent, option in reversed(steps):
        picks.append(int(option[label]))
        label = int(parent[label])
    return np.array(picks[::-1])
