"""Scales that stand still: where a value lies between the bottom and the top of a panel, whatever else is shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """From `low` at the bottom to `high` at the top; `warp`, which rises, makes room for small values."""

    low: float
    high: float
    ticks: tuple[float, ...]
    warp: Callable[[Values], Values] = lambda values: values

    def place(self, values: Values | float) -> Values:
        """The share of the height at which values lie, 0..1; those beyond the ends lie at the ends."""
        bottom, top = (self.warp(np.asarray(end, dtype=np.float64)) for end in (self.low, self.high))
        clipped = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        return np.asarray((self.warp(clipped) - bottom) / (top - bottom))

    def is_beyond(self, values: Values) -> NDArray[np.bool_]:
        """True for the values that are too high to be shown."""
        return np.asarray(values > self.high)


def linear(high: float, low: float = 0.0) -> Scale:
    """Even steps."""
    return Scale(low=low, high=high, ticks=(low, (low + high) / 2, high))


def root(most: float, headroom: float = 1.0) -> Scale:
    """As the square root, so that a few of many can be seen; up to so many times the most."""
    return Scale(low=0, high=headroom * most, ticks=_distinct(0, floor(most / 4), most), warp=np.sqrt)


def logarithmic(high: float) -> Scale:
    """As log(1 + value), for counts that differ by orders of magnitude."""
    decades = (10.0**power for power in range(1, floor(log10(high)) + 1))
    return Scale(low=0, high=high, ticks=(0, *decades), warp=np.log1p)


def doubling(choices: Sequence[int]) -> Scale:
    """As the logarithm, for sizes that double; from nothing, below the least, to the most."""
    return Scale(low=0, high=choices[-1], ticks=_distinct(choices[0], choices[len(choices) // 2], choices[-1]),
                 warp=np.log1p)  # fmt: skip


def round_up(value: float) -> float:
    """The next number of two digits, such as 37 for 36.2 and 1 for nothing."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** (floor(log10(value)) - 1)
    return float(f"{ceil(value / unit - 1e-9) * unit:.6g}")


def _distinct(*ticks: float) -> tuple[float, ...]:
    return tuple(sorted(set(ticks)))
