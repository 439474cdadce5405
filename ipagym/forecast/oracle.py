"""The forecast of one who knows the load: the highest rate that is to come, as far as one looks ahead."""

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError


class Oracle:
    """The highest of the rates, in requests per second of each second, in the next `horizon_s` seconds.

    How far the load has come is counted in seconds observed.
    """

    def __init__(self, rates_rps: NDArray[np.float64], *, horizon_s: int = 20) -> None:
        if horizon_s < 1:
            raise InputError(f"horizon_s must be at least 1 second, not {horizon_s}")
        self.rates_rps = np.asarray(rates_rps, dtype=np.float64)
        self.horizon_s = horizon_s
        self.reset()

    def reset(self) -> None:
        """Start at the beginning of the load."""
        self._seconds = 0

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Time passes."""
        self._seconds += len(arrivals_per_s)

    def predict(self) -> float:
        """The rate to plan for, in requests per second; 0 after the end of the load."""
        ahead = self.rates_rps[self._seconds : self._seconds + self.horizon_s]
        return float(ahead.max()) if ahead.size else 0.0
