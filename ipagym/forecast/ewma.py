"""An exponentially weighted mean of the latest maxima: what InfAdapter plans with before its LSTM has a history."""

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.system.errors import InputError


class Ewma:
    """The weighted mean of the highest rates in the last `history` spans of `bin_s` seconds, older ones counting less.

    The weight of a span falls by 1 − 2 / (span + 1) with each one after it (pandas' `ewm(span=...)`, adjusted).
    """

    def __init__(self, *, bin_s: int = 60, history: int = 10, span: float = 10.0) -> None:
        if bin_s < 1 or history < 1 or not span >= 1:
            raise InputError(f"bin_s, history and span must be at least 1, not {bin_s}, {history} and {span}")
        self.bin_s = bin_s
        self.history = history
        self.span = span
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
        newest_first = self._recent.counts[::-1]
        starts = range(0, len(newest_first), self.bin_s)
        maxima = np.array([newest_first[start : start + self.bin_s].max() for start in starts], dtype=np.float64)
        weights = (1 - 2 / (self.span + 1)) ** np.arange(len(maxima))
        return float(weights @ maxima / weights.sum())
