"""Fixed scales: the place of a value between the bottom and the top of a panel, independent of other values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scale:
    """A scale from `low` at the bottom to `high` at the top; the increasing function `warp` expands small values."""

    low: float
    high: float
    ticks: tuple[float, ...]
    warp: Callable[[Values], Values] = lambda values: values

    def place(self, values: Values | float) -> Values:
        """The places of values as shares of the height, 0..1; values beyond the ends are clipped."""
        bottom, top = (self.warp(np.asarray(end, dtype=np.float64)) for end in (self.low, self.high))
        clipped = np.clip(np.asarray(values, dtype=np.float64), self.low, self.high)
        return np.asarray((self.warp(clipped) - bottom) / (top - bottom))

    def is_beyond(self, values: Values) -> NDArray[np.bool_]:
        """True for values above the scale."""
        return np.asarray(values > self.high)


def linear(high: float, low: float = 0.0) -> Scale:
    """Even steps."""
    return Scale(low=low, high=high, ticks=(low, (low + high) / 2, high))


def root(most: float, headroom: float = 1.0) -> Scale:
    """A square root scale, which makes small numbers visible, up to `headroom` times `most`."""
    return Scale(low=0, high=headroom * most, ticks=_distinct(0, floor(most / 4), most), warp=np.sqrt)


def logarithmic(high: float) -> Scale:
    """A scale by log(1 + value), for counts that differ by orders of magnitude."""
    decades = (10.0**power for power in range(1, floor(log10(high)) + 1))
    return Scale(low=0, high=high, ticks=(0, *decades), warp=np.log1p)


def doubling(choices: Sequence[int]) -> Scale:
    """A logarithmic scale for sizes that double; from below the smallest choice to the largest."""
    return Scale(low=0, high=choices[-1], ticks=_distinct(choices[0], choices[len(choices) // 2], choices[-1]),
                 warp=np.log1p)  # fmt: skip


def round_up(value: float) -> float:
    """The value rounded up to two digits, such as 37 for 36.2, and 1 for 0."""
    if value <= 0:
        return 1.0
    unit = 10.0 ** (floor(log10(value)) - 1)
    return float(f"{ceil(value / unit - 1e-9) * unit:.6g}")


def _distinct(*ticks: float) -> tuple[float, ...]:
    return tuple(sorted(set(ticks)))
