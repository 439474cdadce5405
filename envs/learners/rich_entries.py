"""Further entries of an observation: past windows, the forecast, and logarithms of loads and of their ratios."""

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.learners.recent_load import RecentLoad
from ipagym.envs.learners.sight import Rows, Values
from ipagym.envs.observation import Observer
from ipagym.system.errors import InputError

REMEMBERED = (
    "rate", "rate_peak", "network_max", "budget_min", "budget_mean", "in_system", "latency_p99", "violation_rate",
)  # fmt: skip
"""Entries that are repeated for past windows, if the observation has them."""

LOADS = ("forecast", "forecast_log", "rate_log", "short_log", "planned_to_forecast")

LEAST_RPS = 0.3
"""Lower bound of rates before their logarithm is taken."""


class RichEntries:
    """The entries of the observation; the REMEMBERED ones of the `windows` windows before it; the forecast; the
    logarithms of the forecast and of the mean rates of the window and of the last 5 s; the logarithms of planned load
    to forecast and of each stage's capacity to the rate. They have no common scale: a learner normalises them.
    """

    def __init__(self, rows: int, observer: Observer, windows: int) -> None:
        names = list(observer.names)
        if "rate" not in names:
            raise InputError("rich observations need the entry `rate`, which these observations do not have")
        self._observer = observer
        self._remembered = [names.index(name) for name in REMEMBERED if name in names]
        self._capacities = [k for k, name in enumerate(names) if name.endswith(".capacity")]
        self._rate = names.index("rate")
        self._past = np.zeros((rows, windows, len(self._remembered)), dtype=np.float32)
        self._now = np.zeros((rows, len(self._remembered)), dtype=np.float32)
        past = [f"{names[k]}_{ago}_ago" for ago in range(windows, 0, -1) for k in self._remembered]
        self.names = (*names, *past, *LOADS, *(f"{names[k]}_to_rate" for k in self._capacities))

    def begin(self, which: Rows, observations: NDArray[np.float32]) -> None:
        """Fill the history of those rows with their first observations."""
        self._now[which] = observations[:, self._remembered]
        self._past[which] = self._now[which][:, np.newaxis]

    def see(self, which: Rows, observations: NDArray[np.float32]) -> None:
        """Add the next observations of those rows."""
        self._past[which] = np.concatenate([self._past[which][:, 1:], self._now[which][:, np.newaxis]], axis=1)
        self._now[which] = observations[:, self._remembered]

    def values(self, observations: NDArray[np.float32], load: RecentLoad, planned_rps: Values) -> NDArray[np.float32]:
        """The entries of all rows, shape (rows, len(names))."""
        scaled = observations.astype(np.float64)
        forecast_rps, rate_rps = load.forecast_rps(), self._observer.rate_rps(scaled[:, self._rate])
        forecast, rate, short, planned = map(_log, (forecast_rps, rate_rps, load.short_rps(), planned_rps))
        capacities = _log(self._observer.rate_rps(scaled[:, self._capacities]))
        loads = np.stack([forecast_rps, forecast, rate, short, planned - forecast], axis=1)
        past = self._past.reshape(len(observations), -1)
        every = (observations, past, loads, capacities - rate[:, np.newaxis])
        return np.concatenate(every, axis=1).astype(np.float32)


def _log(rates_rps: Values) -> Values:
    return np.asarray(np.log(np.maximum(rates_rps, LEAST_RPS)))
