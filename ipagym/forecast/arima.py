"""IPA's ARIMA(1, 0, 0), fitted anew at every decision, by statsmodels (the `forecast` extra)."""

import warnings

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast.bins import BinnedMaxima
from ipagym.system.errors import InputError

ORDER = (1, 0, 0)
BIN_S = 10
AHEAD = 2
LEAST = 12
LONGEST = 360
"""Spans of 10 s that are fitted to: the last hour."""


class Arima:
    """The highest of the next two spans of 10 s; with less than two minutes seen, the highest rate so far."""

    def __init__(self) -> None:
        try:
            from statsmodels.tsa.arima.model import ARIMA
        except ImportError:
            raise InputError("arima needs statsmodels: install ipagym[forecast]") from None
        self._model = ARIMA
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._bins = BinnedMaxima(BIN_S, LONGEST)

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""
        self._bins.observe(arrivals_per_s)

    def predict(self) -> float:
        """The rate to plan for, in requests per second; 0 before the first observation."""
        maxima = self._bins.maxima
        if len(maxima) < LEAST:
            return self._bins.highest_so_far
        if np.ptp(maxima) == 0:
            return float(maxima[-1])
        with warnings.catch_warnings():
            # A short or wild history is fitted as well as it can be; that is no one's mistake.
            warnings.simplefilter("ignore")
            forecast = self._model(maxima, order=ORDER).fit().forecast(AHEAD)
        return max(0.0, float(np.max(forecast)))
