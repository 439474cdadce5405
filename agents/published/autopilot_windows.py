"""Autopilot's moving-window recommenders (Rzadca et al., EuroSys 2020, §3.2): statistics of past usage, by tick.

A tick holds a histogram of usage, here as the usages of its windows. Weights halve with age, w[τ] = 2^(−τ/t½).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def weights(ticks: int, half_life_ticks: float) -> Floats:
    """The weight of each of `ticks` ticks, the oldest first."""
    return np.asarray(2.0 ** (-np.arange(ticks)[::-1] / half_life_ticks))


def peak(ticks: Sequence[Floats]) -> float:
    """S_max: the highest usage."""
    return max(float(tick.max()) for tick in ticks)


def mean(ticks: Sequence[Floats], half_life_ticks: float) -> float:
    """S_avg: the decayed mean of the ticks' means."""
    weight = weights(len(ticks), half_life_ticks)
    return float(weight @ [tick.mean() for tick in ticks] / weight.sum())


def load_percentile(ticks: Sequence[Floats], share: float, half_life_ticks: float) -> float:
    """S_p: the usage below which `share` of the *load* lies, rather than of the time.

    Each usage is weighted by itself: h[k] = b[k]·Σ_τ w[τ]·s[τ][k].
    """
    usage = np.concatenate(ticks)
    weight = np.repeat(weights(len(ticks), half_life_ticks), [len(tick) for tick in ticks]) * usage
    if not weight.sum() > 0:
        return 0.0
    order = np.argsort(usage, kind="stable")
    reached = np.cumsum(weight[order])
    return float(usage[order][np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))])
