"""The parts of a generated load: bursts, and a level that varies slowly."""

from math import ceil, exp, log, sqrt

import numpy as np
from numpy.typing import NDArray

RISE_OF_TIME_CONSTANT = log(9)
"""The time from 10 to 90 % of an exponential approach, in time constants."""

STEP_S = 10
"""A level varies in steps of ten seconds, with linear interpolation."""


def climb(since_s: NDArray[np.float64], *, rise_s: float, length_s: float, fall_share: float) -> NDArray[np.float64]:
    """The height of a burst, as a share of its full height, at times after the onset; 0 before it. The rise is
    exponential, with `rise_s` from 10 to 90 %; over the last `fall_share` of the length the fall is linear.
    """
    risen = -np.expm1(-np.maximum(since_s, 0.0) * RISE_OF_TIME_CONSTANT / rise_s)
    fall = (length_s - since_s) / (fall_share * length_s)
    return np.asarray(risen * np.clip(fall, 0.0, 1.0))


def wander(duration_s: int, *, deviation: float, memory_s: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A stationary first-order autoregression of mean 0 with time constant `memory_s`, shape (duration_s,)."""
    steps = ceil(duration_s / STEP_S) + 1
    keep = exp(-STEP_S / memory_s)
    noise = deviation * rng.standard_normal(steps)
    noise[1:] *= sqrt(1 - keep**2)
    for i in range(1, steps):
        noise[i] += keep * noise[i - 1]
    return np.interp(np.arange(duration_s) / STEP_S, np.arange(steps), noise)
