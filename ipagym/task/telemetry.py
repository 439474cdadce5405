"""The way of a cluster's figures to its controller, the same for every controller of a scenario.

Figures are taken over an adaptation interval, at its end. They are scraped every so often and known some time later; a
scrape may be lost (`Faults.lost_scrape`). Until newer ones are known, a controller has the latest that came. It always
knows the time and what it asked for, and has the figures of the first interval.
"""

from dataclasses import dataclass
from math import ceil

from ipagym.model.window import Window
from ipagym.system.errors import InputError

ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Telemetry:
    """Seconds between two scrapes (None: one in every interval), and until a scrape is known.

    Both count in whole adaptation intervals, rounded up.
    """

    scrape_s: float | None = None
    lag_s: float = 0.0

    def __post_init__(self) -> None:
        if self.scrape_s is not None and not 0 < self.scrape_s < float("inf"):
            raise InputError(f"scrape_s must be above 0 and finite, or none, not {self.scrape_s}")
        if not 0 <= self.lag_s < float("inf"):
            raise InputError(f"lag_s must be finite and 0 or more, not {self.lag_s}")

    def every(self, interval_s: float) -> int:
        """Windows from one scrape to the next."""
        return 1 if self.scrape_s is None else max(1, ceil(self.scrape_s / interval_s - ROUNDING))

    def lag(self, interval_s: float) -> int:
        """Windows until a scrape is known."""
        return ceil(self.lag_s / interval_s - ROUNDING)


class Feed:
    """The figures that a controller has at the end of each window of an episode; they are `age` windows old."""

    def __init__(self, telemetry: Telemetry, interval_s: float) -> None:
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
        """The figures that it has after this window, marked `scraped` where they are new."""
        self._index += 1
        self._kept = [*self._kept, window][-self._lag - 1 :]
        source = max(0, self._index - self._lag)
        is_first, scrape = self._index == 0, self._kept[0]
        if self._known is None or (source % self._every == 0 and (scrape.scraped or source == 0)):
            self._known, self._source = scrape, source
            is_new = is_first or self._index > self._lag
        else:
            is_new = False
        return self._known if self._known is window else self._known.known_at(window, is_new=is_new)
