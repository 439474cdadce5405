"""Windows combined into bins, so that a line has no more points than can be shown."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

MOST_POINTS = 200
"""Points of a line on a screen."""


@dataclass(frozen=True, slots=True)
class Bins:
    """`windows` windows put together `size` at a time, into `most` bins or fewer; the last one may have fewer."""

    windows: int
    most: int = MOST_POINTS

    @property
    def size(self) -> int:
        """Windows in a bin."""
        return max(ceil(self.windows / self.most), 1)

    @property
    def starts(self) -> NDArray[np.intp]:
        """The index of the first window of each bin."""
        return np.arange(0, self.windows, self.size)

    def most_of(self, values: ArrayLike) -> NDArray[np.float64]:
        """The highest value in each bin; NaN is ignored."""
        return np.fmax.reduceat(np.asarray(values, dtype=np.float64), self.starts)

    def total(self, values: ArrayLike) -> NDArray[np.float64]:
        """The sum over each bin."""
        return np.add.reduceat(np.asarray(values, dtype=np.float64), self.starts)

    def mean(self, rows: pd.DataFrame, column: str) -> NDArray[np.float64]:
        """The mean over time of a column of windows in each bin."""
        return self.total(rows[column] * rows["duration_s"]) / self.total(rows["duration_s"])

    def edges_s(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Where the bins begin, and where the last one ends."""
        return np.append(
            rows["start_s"].to_numpy()[self.starts], rows["start_s"].iloc[-1] + rows["duration_s"].iloc[-1]
        )

    def latency_s(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """The highest p99 of the windows of each bin; not a number where nothing was answered."""
        return self.most_of(rows["latency_p99_s"].where(rows["completed"] > 0))

    def late_percent(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Violations over arrivals in each bin, at most 100."""
        return np.minimum(100 * self.total(rows["violations"]) / np.maximum(self.total(rows["arrivals"]), 1), 100)

    def load_rps(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Requests per second in each bin."""
        return self.total(rows["arrivals"]) / self.total(rows["duration_s"])
