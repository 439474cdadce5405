"""The last windows as they reach the controllers of many environments: `ipagym.task.telemetry.Feed` over arrays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipagym.task.scenario import Scenario


class Figures(NamedTuple):
    """A row for each environment: `ipagym.model.records` of windows (n,) and of their stages (n, S), and the arrivals
    in each second (n, seconds).
    """

    window_records: NDArray[np.void]
    stages: NDArray[np.void]
    arrivals_per_s: NDArray[np.int64]


class Feeds:
    """`seen` is what the controllers have; windows are kept for as long as they are on their way.

    `like` are figures of the shapes to come; `ages` are the windows since those of `seen` were taken.
    """

    def __init__(self, scenario: Scenario, like: Figures) -> None:
        telemetry, interval_s = scenario.telemetry, scenario.interval_s
        self.seen = Figures._make(array.copy() for array in like)
        self._every, self._lag = telemetry.every(interval_s), telemetry.lag(interval_s)
        self._size = self._lag + 1
        self._kept = Figures._make(np.repeat(array[np.newaxis], self._size, axis=0) for array in like)
        self.ages = np.zeros(len(like.window_records), dtype=np.int64)
        self._came = np.ones((self._size, len(like.window_records)), dtype=np.bool_)

    def see(
        self, which: NDArray[np.int64], index: NDArray[np.int64], last: Figures, scraped: NDArray[np.bool_]
    ) -> None:
        """Take in the last windows of environments `which`; `index`, of the same shape, is their number in the
        episode.
        """
        slot, source = index % self._size, np.maximum(0, index - self._lag)
        for kept, array in zip(self._kept, last, strict=True):
            kept[slot, which] = array[which]
        self._came[slot, which] = scraped[which] | (index == 0)
        is_known = self._came[source % self._size, which] & (source % self._every == 0)
        known, at = which[is_known], source[is_known] % self._size
        self.ages[which] = np.where(is_known, index - source, self.ages[which] + (index > 0))
        for seen, kept in zip(self.seen, self._kept, strict=True):
            seen[known] = kept[at, known]
        for time in ("start_s", "end_s"):
            self.seen.window_records[time][which] = last.window_records[time][which]
