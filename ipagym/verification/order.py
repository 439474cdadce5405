"""The order in which requests leave the queue of a stage, against the one that was asked for."""

from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]


def first_in_first_out(entered_s: Times, left_s: Times) -> str:
    """No request leaves before one that entered earlier; what enters at one instant may leave in any order."""
    order = np.argsort(entered_s)
    entered, left = entered_s[order], left_s[order]
    firsts = np.flatnonzero(np.diff(entered, prepend=-np.inf) > 0)
    latest = np.maximum.accumulate(np.maximum.reduceat(left, firsts))[:-1]
    overtaking = latest > np.minimum.reduceat(left, firsts)[1:]
    at = firsts[1:][overtaking]
    return f"one that entered at {entered[at[0]]} s leaves before one that entered earlier" if at.size else ""


def earliest_deadline_first(entered_s: Times, left_s: Times, deadline_s: Times) -> str:
    """Nothing that has entered before a request leaves, and stays, has an earlier deadline than that request."""
    by_entry, by_exit = np.argsort(entered_s), np.argsort(left_s)
    waiting: list[tuple[float, float]] = []
    entering = 0
    for leaving in by_exit[np.isfinite(left_s[by_exit])]:
        now_s = left_s[leaving]
        while entering < len(by_entry) and entered_s[by_entry[entering]] < now_s:
            heappush(waiting, (deadline_s[by_entry[entering]], left_s[by_entry[entering]]))
            entering += 1
        while waiting and waiting[0][1] <= now_s:
            heappop(waiting)
        if waiting and waiting[0][0] < deadline_s[leaving]:
            return f"one due at {deadline_s[leaving]} s leaves at {now_s} s before one due at {waiting[0][0]} s"
    return ""
