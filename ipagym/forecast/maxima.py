"""Forecasts from the maxima of equal spans of the past, as IPA's monitoring has them."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.system.errors import InputError

IPA_LSTM_WEIGHTS = (0.77, 0.13, 0.07, 0.04)
IPA_LSTM_INTERCEPT_RPS = 0.88
"""The straight line nearest to what IPA's LSTM predicted from the last 12 maxima in its released logs (8,410 pairs of
input and output; it misses them by 1.7 rps, root mean square). The weights of the network itself were not released.
"""


class WeightedMaxima:
    """A weighted sum of the highest rates in the latest spans of `bin_s` seconds, the last span first.

    Before `history` spans have passed it is the highest rate of what there is (IPA's backup rule).
    """

    def __init__(
        self, *, weights: Sequence[float] = (1.0,), intercept_rps: float = 0.0, bin_s: int = 10, history: int = 1
    ) -> None:
        if not weights or not all(isfinite(weight) for weight in (*weights, intercept_rps)):
            raise InputError(f"weights must be one or more finite numbers, not {weights}")
        if bin_s < 1 or history < len(weights):
            raise InputError(f"bin_s must be 1 or more and history at least {len(weights)}, not {bin_s} and {history}")
        self.weights = np.array(weights, dtype=np.float64)
        self.intercept_rps = intercept_rps
        self.bin_s = bin_s
        self.history = history
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._recent = RecentSeconds(self.bin_s * self.history)

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""
        self._recent.observe(arrivals_per_s)

    def predict(self) -> float:
        """The rate to plan for, in requests per second; 0 before the first observation."""
        if not self._recent.counts.size:
            return 0.0
        if self._recent.counts.size < self.bin_s * self.history:
            return float(self._recent.counts.max())
        maxima = self._recent.counts.reshape(self.history, self.bin_s).max(axis=1)[::-1]
        return max(0.0, float(self.weights @ maxima[: len(self.weights)]) + self.intercept_rps)


def reactive() -> WeightedMaxima:
    """IPA's reactive rule: the highest rate of the last 10 s."""
    return WeightedMaxima()


def ipa_lstm() -> WeightedMaxima:
    """A stand-in for IPA's LSTM: the straight line nearest to it."""
    return WeightedMaxima(weights=IPA_LSTM_WEIGHTS, intercept_rps=IPA_LSTM_INTERCEPT_RPS, history=12)
