"""Forecasts of the load in the next interval, from the arrivals of each second so far."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Forecaster(Protocol):
    """A load forecast: settings in its constructor, state made by `reset`."""

    def reset(self) -> None:
        """Forget the past."""

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""

    def predict(self) -> float:
        """The rate to plan for, in requests per second, finite and not negative."""
