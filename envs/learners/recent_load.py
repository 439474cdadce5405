"""The load of n rows in the last seconds, and its forecast."""

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.learners.sight import Rows, Values
from ipagym.forecast import Forecaster
from ipagym.forecast.catalogue import make_forecaster

MAXIMUM = "max"
"""The forecaster that is computed here for all rows at once, equal to the one of this name in `ipagym.forecast`."""

SECONDS = 20
SHORT_S = 5


class RecentLoad:
    """The arrivals of the last 20 s, and the rate that a forecaster of `ipagym.forecast` expects.

    Raises:
        InputError: the name of the forecaster is unknown.
    """

    def __init__(self, rows: int, forecaster: str = MAXIMUM) -> None:
        self._arrivals_per_s = np.zeros((rows, SECONDS))
        one_each = range(rows if forecaster != MAXIMUM else 0)
        self._forecasters: list[Forecaster] = [make_forecaster(forecaster) for _ in one_each]

    def begin(self, which: Rows) -> None:
        """Discard the history of those rows."""
        self._arrivals_per_s[which] = 0.0
        if self._forecasters:
            for row in which.tolist():
                self._forecasters[row].reset()

    def see(self, which: Rows, arrivals_per_s: NDArray[np.int64]) -> None:
        """Add the arrivals in each further second of those rows, shape (len(which), seconds)."""
        longer = np.concatenate([self._arrivals_per_s[which], arrivals_per_s], axis=1)
        self._arrivals_per_s[which] = longer[:, -SECONDS:]
        if self._forecasters:
            for row, arrivals in zip(which.tolist(), arrivals_per_s, strict=True):
                self._forecasters[row].observe(arrivals)

    def forecast_rps(self) -> Values:
        """The rate to plan for, shape (rows,)."""
        if self._forecasters:
            return np.array([each.predict() for each in self._forecasters])
        two_seconds = 0.5 * (self._arrivals_per_s[:, 1:] + self._arrivals_per_s[:, :-1])
        return np.asarray(two_seconds.max(axis=1))

    def short_rps(self) -> Values:
        """The mean rate of the last 5 s, shape (rows,)."""
        return np.asarray(self._arrivals_per_s[:, -SHORT_S:].mean(axis=1))
