"""Compiled parts of the frontier solver. Arrays of options are of shape (S, K), padded; `counts` says which are real.

A resource is what is limited: resource 0 is latency, resource 1 cores. `use` is of shape (2, S, K), `limit` of (2,).
"""

import numpy as np
from numpy.typing import NDArray

from ipagym.system.machine_code import kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

After = tuple[Floats, Floats, int, Floats, float]
"""Lines (slopes, intercepts, their number) of the stages that follow, the prices (2,), and the value to exceed."""


@kernel
def priced_envelopes(accuracy: Floats, price: Floats, counts: Ints, most: float) -> tuple[Floats, Floats, Ints]:
    """The most that the stages from s on can add, as a function of the worth P of the accuracy so far, for every s.

    F_s(P) = max over their options of P·Πa − Σ price is the largest of straight lines in P. Returned are slopes and
    intercepts, shapes (S + 1, H), of those that are largest somewhere in [0, most], by rising slope, and their numbers.
    """
    stages = accuracy.shape[0]
    room = 64
    slopes, intercepts = np.zeros((stages + 1, room)), np.zeros((stages + 1, room))
    sizes = np.zeros(stages + 1, np.int64)
    slopes[stages, 0], sizes[stages] = 1.0, 1
    for s in range(stages - 1, -1, -1):
        number = counts[s] * sizes[s + 1]
        lines = np.empty((number, 2))
        for k in range(counts[s]):
            for h in range(sizes[s + 1]):
                at = k * sizes[s + 1] + h
                lines[at, 0] = accuracy[s, k] * slopes[s + 1, h]
                lines[at, 1] = intercepts[s + 1, h] - price[s, k]
        kept = upper_envelope(lines, most)
        if len(kept) > room:
            room = 2 * len(kept)
            slopes, intercepts = _wider(slopes, room), _wider(intercepts, room)
        sizes[s] = len(kept)
        for h in range(len(kept)):
            slopes[s, h], intercepts[s, h] = lines[kept[h], 0], lines[kept[h], 1]
    return slopes, intercepts, sizes


@kernel
def _wider(array: Floats, room: int) -> Floats:
    wider = np.zeros((array.shape[0], room))
    wider[:, : array.shape[1]] = array
    return wider


@kernel
def upper_envelope(lines: Floats, most: float) -> Ints:
    """The lines (slope, intercept), shape (N, 2), largest somewhere in [0, most], by index and rising slope."""
    order = np.argsort(lines[:, 0])
    kept = np.empty(len(lines), np.int64)
    size = 0
    for at in order:
        slope, height = lines[at, 0], lines[at, 1]
        while size:
            top = kept[size - 1]
            if slope == lines[top, 0]:
                if height <= lines[top, 1]:
                    break
                size -= 1
                continue
            meet = (lines[top, 1] - height) / (slope - lines[top, 0])
            if meet <= 0.0:
                size -= 1
                continue
            if size > 1:
                below = kept[size - 2]
                before = (lines[below, 1] - lines[top, 1]) / (lines[top, 0] - lines[below, 0])
                if meet <= before:
                    size -= 1
                    continue
            if meet < most:
                kept[size] = at
                size += 1
            break
        else:
            kept[size] = at
            size += 1
    return kept[:size].copy()


@kernel
def highest(slopes: Floats, intercepts: Floats, size: int, worth: float) -> float:
    """The largest of the lines at `worth`: by bisection, as their maximum is convex and they rise in slope."""
    low, high = 0, size - 1
    while low < high:
        middle = (low + high) // 2
        if slopes[middle] * worth + intercepts[middle] < slopes[middle + 1] * worth + intercepts[middle + 1]:
            low = middle + 1
        else:
            high = middle
    return float(slopes[low] * worth + intercepts[low])


@kernel
def best_picks(options: tuple[Floats, Floats], counts: Ints, worth: float, lines: tuple[Floats, Floats, Ints]) -> Ints:
    """The options that attain F_0(worth), shape (S,); `options` are accuracies and prices."""
    (accuracy, price), (slopes, intercepts, sizes) = options, lines
    picks = np.zeros(len(counts), np.int64)
    for s in range(len(counts)):
        best = -np.inf
        for k in range(counts[s]):
            reached = worth * accuracy[s, k]
            value = highest(slopes[s + 1], intercepts[s + 1], sizes[s + 1], reached) - price[s, k]
            if value > best:
                best, picks[s] = value, k
        worth *= accuracy[s, picks[s]]
    return picks


@kernel
def extend(
    labels: tuple[Floats, Floats, Floats], options: tuple[Floats, Floats, Floats], after: After, limit: Floats
) -> tuple[Floats, Floats, Floats, Ints, Ints]:
    """Labels (worth (N,), cost (N,), use (2, N)) with each option of the next stage that may still lead to the optimum.

    `options` are accuracy, cost (K,) and use (2, K). Returned are the new labels, and for each the label and the option
    that it came from.
    """
    (worth, cost, use), (accuracy, own_cost, own_use) = labels, options
    slopes, intercepts, size, prices, floor = after
    number = len(worth) * len(accuracy)
    new_worth, new_cost, new_use = np.empty(number), np.empty(number), np.empty((2, number))
    parent, option = np.empty(number, np.int64), np.empty(number, np.int64)
    kept = 0
    for n in range(len(worth)):
        for k in range(len(accuracy)):
            latency, cores = use[0, n] + own_use[0, k], use[1, n] + own_use[1, k]
            if latency > limit[0] or cores > limit[1]:
                continue
            reached, paid = worth[n] * accuracy[k], cost[n] + own_cost[k]
            spare = prices[0] * (limit[0] - latency) + prices[1] * (limit[1] - cores)
            if highest(slopes, intercepts, size, reached) - paid + spare <= floor:
                continue
            new_worth[kept], new_cost[kept] = reached, paid
            new_use[0, kept], new_use[1, kept] = latency, cores
            parent[kept], option[kept] = n, k
            kept += 1
    return new_worth[:kept], new_cost[:kept], new_use[:, :kept], parent[:kept], option[:kept]


@kernel
def undominated(order: Ints, gain: Floats, loss: Floats) -> Ints:
    """Those of N points that no other beats or equals in every respect: `gain` (N,) is to be high, `loss` (M, N) low.

    In `order` no point comes before one that beats it; of equal ones the first is kept.
    """
    kept = np.empty(len(order), np.int64)
    return kept[: keep_undominated((kept, 0), order, gain, loss)].copy()


@kernel
def keep_undominated(known: tuple[Ints, int], order: Ints, gain: Floats, loss: Floats) -> int:
    """The same, going on from the points that are kept so far: they are added to, and their number is returned."""
    kept, size = known
    for at in order:
        if not _is_beaten(kept[:size], at, gain, loss):
            kept[size] = at
            size += 1
    return size


@kernel
def _is_beaten(others: Ints, at: int, gain: Floats, loss: Floats) -> bool:
    for i in range(len(others) - 1, -1, -1):
        other = others[i]
        if gain[other] < gain[at]:
            continue
        worse = 0
        for m in range(loss.shape[0]):
            worse += loss[m, other] > loss[m, at]
        if worse == 0:
            return True
    return False
