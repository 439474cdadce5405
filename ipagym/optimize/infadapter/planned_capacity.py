"""The capacity that InfAdapter plans a variant with: a straight line through measured capacities, with a reserve."""

from collections.abc import Mapping
from math import floor

import numpy as np

FITTED_ON = (1, 2, 4, 8, 16)
"""Cores that the released code fits its line on."""

RESERVE = 0.8
"""Share of the fitted capacity that is planned with (`CAPACITY_COEF` in the released code)."""


def planned_rps(capacity_rps: Mapping[int, float], cores: int) -> int:
    """⌊0.8·(slope·n + intercept)⌋ with the least-squares line through the capacities on 1, 2, 4, 8 and 16 cores.

    As in the released optimiser the intercept is cut to a whole number, and to 0 where it is above 0.
    """
    fitted_on = [n for n in FITTED_ON if n in capacity_rps]
    slope, intercept = map(float, np.polyfit(fitted_on, [capacity_rps[n] for n in fitted_on], 1))
    return max(0, floor(RESERVE * (slope * cores + int(min(intercept, 0.99)))))
