"""Hours of a day of the Twitter trace; the split of an episode's seed determines the possible days."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipagym.random.splits import split_of
from ipagym.random.streams import seed_of
from ipagym.system.errors import InputError
from ipagym.workload.trace import DAY_S, WINDOWS, load_counts
from ipagym.workload.twitter_like import TwitterLike

DAYS: Mapping[str, tuple[int, ...]] = {
    "train": tuple(range(14)),
    "validation": (14, 17, 18),
    "test": (15, 16, 19, 20, 21),
}
"""The days of the trace by split, counted from 0.

The forecasters that come with weights were trained on the first 14, as in the papers; the papers' windows (`WINDOWS`)
are of days 15, 16 and 20.
"""

SERVED_S = DAY_S - 1_741
"""Seconds of a day with requests: by an artefact, the last 29 minutes of all days but the last are empty."""

NAME = "twitter-day"


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceDays:
    """`duration_s` seconds of one day of the trace, counts divided by `damping`; the seed chooses the day and the time.

    Seeds of training, validation and test get the days of their split (`DAYS`); seeds of no split, and generators
    outside of episodes, get training days. `digest` identifies the trace.
    """

    duration_s: int
    damping: float
    counts: NDArray[np.int64] = field(repr=False, compare=False)
    name: str = NAME
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        check_figures(self.duration_s, self.damping)
        least_s = max(map(max, DAYS.values())) * DAY_S + SERVED_S
        if len(self.counts) < least_s:
            raise InputError(
                f"{self.name} needs a trace of at least {least_s} s, 22 days, not {len(self.counts)} s: leave the "
                "trace out, or take all of it as the load trace:PATH"
            )
        object.__setattr__(self, "digest", sha256(self.counts.tobytes()).hexdigest()[:16])

    @property
    def origin(self) -> str:
        """The days of each split."""
        days = "; ".join(f"{split}: days {_spans(numbers)}" for split, numbers in DAYS.items())
        return f"{self.duration_s} s of a day of the Twitter trace, counts divided by {self.damping:g} ({days})"

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        day = int(rng.choice(DAYS[split_of_stream(rng)]))
        start = day * DAY_S + int(rng.integers(SERVED_S - self.duration_s + 1))
        return np.asarray(self.counts[start : start + self.duration_s] / self.damping)


def twitter_day(damping: float, duration_s: int, trace: Path | None) -> TraceDays | TwitterLike:
    """Hours of a day of the trace, or similar generated ones without the file.

    Raises:
        InputError: the trace cannot be used, or a figure is out of range.
    """
    if trace is None:
        check_figures(duration_s, damping)
        return TwitterLike(duration_s=duration_s, damping=damping, name=NAME)
    return TraceDays(duration_s=duration_s, damping=damping, counts=load_counts(trace))


def split_of_stream(rng: np.random.Generator) -> str:
    """The split of an episode's days: that of the seed from which its random stream of the load was spawned."""
    seed = seed_of(rng)
    split = "train" if seed is None else split_of(seed)
    return split if split in DAYS else "train"


def days_of_window(name: str) -> tuple[int, ...]:
    """The days of the trace that a window of the papers is cut from."""
    return tuple(sorted({start // DAY_S for start, _ in WINDOWS[name].spans}))


def check_figures(duration_s: int, damping: float) -> None:
    """Refuse a length beyond a day, and an invalid damping.

    Raises:
        InputError: one of them is invalid.
    """
    if not 1 <= duration_s <= SERVED_S:
        raise InputError(f"{NAME} may have 1..{SERVED_S} seconds, those of a day with requests, not {duration_s}")
    if not (isfinite(damping) and damping > 0):
        raise InputError(f"damping must be above 0 and finite, not {damping}")


def _spans(numbers: tuple[int, ...]) -> str:
    """Whole numbers in words: 0-13, or 15, 16, 19-21."""
    ends = [n for n in numbers if n + 1 not in numbers]
    starts = [n for n in numbers if n - 1 not in numbers]
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))
