"""The levels and humps of the papers' windows, fitted to these by least squares."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ipagym.workload.course import climb
from ipagym.workload.patterns import Hump, Pattern

Numbers = NDArray[np.float64]

LEAST_STEP, SHORTEST_S = 1e-3, 1.0


def fit_pattern(counts: Numbers, start: Pattern) -> Pattern:
    """The pattern whose course, without noise and jitter, is nearest to the counts of every second of the window.

    `start` says how many humps there are and where about.
    """
    if not start.humps:
        return replace(start, quiet_rps=float(counts.mean()), peak_rps=float(counts.mean()))
    times = [time for hump in start.humps for time in (hump.onset_s, hump.rise_s, hump.plateau_s, hump.fall_s)]
    found = _descend(
        lambda values: float(np.square(_course(values, len(counts)) - counts).mean()),
        np.array([start.quiet_rps, start.peak_rps, *times]),
        np.array([1.0, 1.0, *[10.0] * len(times)]),
    )
    humps = (
        Hump(onset_s=onset, rise_s=rise, plateau_s=plateau, fall_s=fall)
        for onset, rise, plateau, fall in found[2:].reshape(-1, 4).tolist()
    )
    return replace(start, quiet_rps=float(found[0]), peak_rps=float(found[1]), humps=tuple(humps))


def _course(values: Numbers, seconds: int) -> Numbers:
    """The level in every second: quiet, peak, and onset, rise, plateau and fall of each hump."""
    share, second = np.zeros(seconds), np.arange(seconds, dtype=np.float64)
    for onset, *lengths in values[2:].reshape(-1, 4).tolist():
        rise, plateau, fall = np.maximum(lengths, SHORTEST_S).tolist()
        whole = plateau + fall
        share = np.maximum(share, climb(second - onset, rise_s=rise, length_s=whole, fall_share=fall / whole))
    return np.asarray(values[0] + (values[1] - values[0]) * share)


def _descend(loss: Callable[[Numbers], float], start: Numbers, steps: Sequence[float] | Numbers) -> Numbers:
    """The least loss that steps along one axis after the other come to, halved where none leads down."""
    best, least, size = start, loss(start), 1.0
    while size > LEAST_STEP:
        before = least
        for move in (*np.diag(steps), *-np.diag(steps)):
            if loss(best + size * move) < least:
                best = best + size * move
                least = loss(best)
        if least == before:
            size /= 2
    return best
