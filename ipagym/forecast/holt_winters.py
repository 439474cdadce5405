"""Holt–Winters' exponential smoothing, additive, on the maxima of spans of 10 s (Winters, Management Science, 1960)."""

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast.bins import BinnedMaxima
from ipagym.system.errors import InputError


class HoltWinters:
    """Level, trend and, with a `period` in spans, season; forecasts the highest of the next `ahead` spans.

    level = α·(x − season) + (1 − α)·(level + trend), trend = β·Δlevel + (1 − β)·trend, season = γ·(x − level) +
    (1 − γ)·season. Without a period there is no season.
    """

    def __init__(
        self,
        *,
        alpha: float = 0.3,
        beta: float = 0.05,
        gamma: float = 0.1,
        period: int | None = None,
        bin_s: int = 10,
        ahead: int = 2,
    ) -> None:
        if not all(0 < share <= 1 for share in (alpha, beta, gamma)):
            raise InputError(f"alpha, beta and gamma must be in (0, 1], not {alpha}, {beta} and {gamma}")
        if bin_s < 1 or ahead < 1 or (period is not None and period < 2):
            raise InputError(f"bin_s and ahead must be at least 1 and period 2, not {bin_s}, {ahead} and {period}")
        self.alpha, self.beta, self.gamma = alpha, beta, gamma
        self.period = period
        self.bin_s = bin_s
        self.ahead = ahead
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._bins = BinnedMaxima(self.bin_s, 1)
        self._level: float | None = None
        self._trend = 0.0
        self._season = np.zeros(self.period or 1)
        self._seen = 0

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""
        for maximum in self._bins.observe(arrivals_per_s).tolist():
            self._update(maximum)

    def predict(self) -> float:
        """The rate to plan for, in requests per second; the highest so far before the first span is full."""
        if self._level is None:
            return self._bins.highest_so_far
        steps = range(1, self.ahead + 1)
        season = (float(self._season[(self._seen + step - 1) % len(self._season)]) for step in steps)
        return max(0.0, *(self._level + step * self._trend + s for step, s in zip(steps, season, strict=True)))

    def _update(self, value: float) -> None:
        at = self._seen % len(self._season)
        self._seen += 1
        if self._level is None:
            self._level = value
            return
        before, season = self._level, float(self._season[at])
        self._level = self.alpha * (value - season) + (1 - self.alpha) * (before + self._trend)
        self._trend = self.beta * (self._level - before) + (1 - self.beta) * self._trend
        if self.period is not None:
            self._season[at] = self.gamma * (value - self._level) + (1 - self.gamma) * season
