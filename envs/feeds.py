"""The last windows as the controllers of many environments see them: `ipagym.task.telemetry.Feed` over arrays."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipagym.task.scenario import Scenario
from ipagym.task.telemetry import measured_arrivals, measured_seconds


class Figures(NamedTuple):
    """A row for each environment: `ipagym.model.records` of windows (n,) and of their stages (n, S), and the arrivals
    in each second (n, seconds).
    """

    window_records: NDArray[np.void]
    stages: NDArray[np.void]
    arrivals_per_s: NDArray[np.int64]


class Feeds:
    """Feeds of many environments: `seen` is what the controllers have; windows are kept until they have arrived.

    `like` gives the shapes of the figures; `ages` are the windows since those of `seen` were taken.
    """

    def __init__(self, scenario: Scenario, like: Figures) -> None:
        self._telemetry = telemetry = scenario.telemetry
        interval_s = scenario.interval_s
        self.seen = Figures._make(array.copy() for array in like)
        self._every, self._lag = telemetry.every(interval_s), telemetry.lag(interval_s)
        self._size = self._lag + 1
        self._kept = Figures._make(np.repeat(array[np.newaxis], self._size, axis=0) for array in like)
        self._load_factors = np.ones(len(like.window_records))
        self.ages = np.zeros(len(like.window_records), dtype=np.int64)
        self._came = np.ones((self._size, len(like.window_records)), dtype=np.bool_)

    def begin(self, which: NDArray[np.int64], seeds: Sequence[int]) -> None:
        """Environments `which` begin the episodes of these seeds."""
        self._load_factors[which] = [self._telemetry.load_factor(seed) for seed in seeds]

    def see(
        self, which: NDArray[np.int64], index: NDArray[np.int64], last: Figures, scraped: NDArray[np.bool_]
    ) -> None:
        """Add the last windows of environments `which`; `index`, of the same shape, is their number in the episode."""
        slot, source = index % self._size, np.maximum(0, index - self._lag)
        measured = last if self._telemetry.load_error == 0 else _measured(last, self._load_factors)
        for kept, array in zip(self._kept, measured, strict=True):
            kept[slot, which] = array[which]
        self._came[slot, which] = scraped[which] | (index == 0)
        is_known = self._came[source % self._size, which] & (source % self._every == 0)
        known, at = which[is_known], source[is_known] % self._size
        self.ages[which] = np.where(is_known, index - source, self.ages[which] + (index > 0))
        for seen, kept in zip(self.seen, self._kept, strict=True):
            seen[known] = kept[at, known]
        for time in ("start_s", "end_s"):
            self.seen.window_records[time][which] = last.window_records[time][which]


def _measured(last: Figures, factors: NDArray[np.float64]) -> Figures:
    """The figures with arrivals multiplied by the factors, one for each environment."""
    windows, stages, column = last.window_records.copy(), last.stages.copy(), factors[:, np.newaxis]
    windows["arrivals"] = measured_arrivals(windows["arrivals"], factors)
    stages["arrivals"] = measured_arrivals(stages["arrivals"], column)
    return Figures(windows, stages, measured_seconds(last.arrivals_per_s, column))
