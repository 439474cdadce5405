"""Running mean and variance, with which learners normalise."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LIMIT = 8.0
"""Normalised values are clipped to ±8."""

LEAST_VARIANCE = 1e-6


class RunningMoments:
    """Mean and variance of each of `width` columns over all added rows (Chan, Golub and LeVeque, 1983)."""

    def __init__(self, width: int) -> None:
        self.mean: Floats = np.zeros(width)
        self.variance: Floats = np.ones(width)
        self.count = 0.0

    def update(self, rows: NDArray[np.floating]) -> None:
        """Add rows, shape (n, width)."""
        mean, variance, count = rows.mean(axis=0, dtype=np.float64), rows.var(axis=0, dtype=np.float64), len(rows)
        total, apart = self.count + count, mean - self.mean
        spread = self.variance * self.count + variance * count + apart**2 * (self.count * count / total)
        self.mean, self.variance, self.count = self.mean + apart * (count / total), spread / total, total


def normalised(rows: NDArray[np.floating], mean: Floats, variance: Floats) -> NDArray[np.float32]:
    """The rows, shape (n, width), as deviations from the mean in standard deviations, clipped."""
    deviations = (rows - mean) / np.sqrt(variance + LEAST_VARIANCE)
    return np.clip(deviations, -LIMIT, LIMIT).astype(np.float32)
