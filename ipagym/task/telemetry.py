"""How a cluster's figures reach its controller. It is the same for every controller of a scenario.

Figures are taken at the end of an adaptation interval, over that interval. They are scraped at fixed intervals and
reach the controller after a lag; a scrape may be lost (`Faults.lost_scrape`). Until newer figures arrive, a controller
sees the latest ones it has. It always knows the time and the requested configuration, and has the figures of the first
interval.

With a `load_error`, arrivals are measured with an error: one factor for a whole episode.
"""

from dataclasses import dataclass, replace
from math import ceil

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ipagym.model.window import Window
from ipagym.random.philox import Concern, uniforms
from ipagym.random.streams import Streams
from ipagym.system.errors import InputError

ROUNDING = 1e-9

MOST_LOAD_ERROR = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Telemetry:
    """Seconds between two scrapes (None: one in every interval), and the lag until the controller has a scrape.

    Both are rounded up to whole adaptation intervals. With a `load_error` of e, controllers see 1 − e to 1 + e times
    the requests that arrive. The seed of the episode determines the factor; controllers do not see it.
    """

    scrape_s: float | None = None
    lag_s: float = 0.0
    load_error: float = 0.0

    def __post_init__(self) -> None:
        if self.scrape_s is not None and not 0 < self.scrape_s < float("inf"):
            raise InputError(f"scrape_s must be above 0 and finite, or none, not {self.scrape_s}")
        if not 0 <= self.lag_s < float("inf"):
            raise InputError(f"lag_s must be finite and 0 or more, not {self.lag_s}")
        if not 0 <= self.load_error <= MOST_LOAD_ERROR:
            raise InputError(f"load_error must be in 0..{MOST_LOAD_ERROR:g}, not {self.load_error}")

    def load_factor(self, seed: int) -> float:
        """The ratio of measured to true arrivals in the episode of that seed."""
        if self.load_error == 0:
            return 1.0
        return 1 + self.load_error * (2 * uniforms(Streams.spawn(seed).fate, Concern.LOAD, 0, 0)[0] - 1)

    def every(self, interval_s: float) -> int:
        """Windows from one scrape to the next."""
        return 1 if self.scrape_s is None else max(1, ceil(self.scrape_s / interval_s - ROUNDING))

    def lag(self, interval_s: float) -> int:
        """Windows until the controller has a scrape."""
        return ceil(self.lag_s / interval_s - ROUNDING)


class Feed:
    """The figures that a controller has at the end of each window of an episode; they are `age` windows old.

    The seed of the episode determines the error of arrivals (`Telemetry.load_factor`).
    """

    def __init__(self, telemetry: Telemetry, interval_s: float, seed: int) -> None:
        self._load_factor = telemetry.load_factor(seed)
        self._every, self._lag = telemetry.every(interval_s), telemetry.lag(interval_s)
        self._kept: list[Window] = []
        self._known: Window | None = None
        self._index = -1
        self._source = 0

    @property
    def age(self) -> int:
        """Windows since the figures were taken."""
        return self._index - self._source

    def see(self, window: Window) -> Window:
        """The figures that the controller has after this window; `scraped` is true if they are new."""
        self._index += 1
        measured = window if self._load_factor == 1 else _with_arrivals(window, self._load_factor)
        self._kept = [*self._kept, measured][-self._lag - 1 :]
        source = max(0, self._index - self._lag)
        is_first, scrape = self._index == 0, self._kept[0]
        if self._known is None or (source % self._every == 0 and (scrape.scraped or source == 0)):
            self._known, self._source = scrape, source
            is_new = is_first or self._index > self._lag
        else:
            is_new = False
        return self._known if self._known is window else self._known.known_at(window, is_new=is_new)


def measured_arrivals(arrivals: ArrayLike, factor: float | NDArray[np.float64]) -> NDArray[np.int64]:
    """The numbers of arrivals times the factor, rounded to the nearest."""
    return np.floor(np.asarray(arrivals) * factor + 0.5).astype(np.int64)


def measured_seconds(arrivals_per_s: NDArray[np.int64], factor: float | NDArray[np.float64]) -> NDArray[np.int64]:
    """The arrivals of each second, on the last axis, times the factor; rounding errors carry over to the next one."""
    return np.diff(measured_arrivals(arrivals_per_s.cumsum(axis=-1), factor), axis=-1, prepend=0)


def _with_arrivals(window: Window, factor: float) -> Window:
    stages = tuple(replace(each, arrivals=int(measured_arrivals(each.arrivals, factor))) for each in window.stages)
    return replace(
        window,
        arrivals=int(measured_arrivals(window.arrivals, factor)),
        arrivals_per_s=measured_seconds(window.arrivals_per_s, factor),
        stages=stages,
    )
