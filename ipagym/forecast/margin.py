"""A forecast with something put on top, and rounded."""

from collections.abc import Callable
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast import Forecaster
from ipagym.system.errors import InputError


class WithMargin:
    """Another forecast times (1 + margin), rounded: to the nearest for IPA, down for InfAdapter, `float` for not at
    all.
    """

    def __init__(self, forecaster: Forecaster, margin: float, *, rounded: Callable[[float], float] = round) -> None:
        if not (isfinite(margin) and margin > -1):
            raise InputError(f"margin must be finite and above -1, not {margin}")
        self.forecaster = forecaster
        self.margin = margin
        self._rounded = rounded

    def reset(self) -> None:
        """Forget the past."""
        self.forecaster.reset()

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""
        self.forecaster.observe(arrivals_per_s)

    def predict(self) -> float:
        """The rate to plan for, in requests per second."""
        return float(self._rounded((1 + self.margin) * self.forecaster.predict()))
