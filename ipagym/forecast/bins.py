"""The course of a load in equal spans: what forecasters of time series work on."""

import numpy as np
from numpy.typing import NDArray


class BinnedMaxima:
    """The highest rate of each full span of `bin_s` seconds so far, at most `longest` of them; the oldest first."""

    def __init__(self, bin_s: int, longest: int) -> None:
        self.bin_s = bin_s
        self.longest = longest
        self._open: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.maxima: NDArray[np.float64] = np.zeros(0)

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> NDArray[np.float64]:
        """Take in the arrivals of each further second; the maxima of the spans that they complete."""
        seconds = np.concatenate([self._open, arrivals_per_s])
        full = len(seconds) // self.bin_s * self.bin_s
        new: NDArray[np.float64] = seconds[:full].reshape(-1, self.bin_s).max(axis=1).astype(np.float64)
        self._open = seconds[full:]
        self.maxima = np.concatenate([self.maxima, new])[-self.longest :]
        return new

    @property
    def highest_so_far(self) -> float:
        """The highest rate of all that is kept, the span that has just begun included; 0 before the first second."""
        return max(float(self.maxima.max(initial=0.0)), float(self._open.max(initial=0)))
