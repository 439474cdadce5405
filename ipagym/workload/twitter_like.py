"""A random load with the statistics of the Twitter trace, for machines without the file."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, exp, isfinite, log1p, pi, sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.course import climb, wander
from ipagym.workload.generators import check_numbers
from ipagym.workload.origin import GENERATED

Rates = NDArray[np.float64]

DAY_S = 86_400


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """The figures of the process, those of rates before damping. `deviation`, `cv` and shares are relative.

    Outside bursts: the median level, a diurnal wave with its peak after midnight, slow and fast noise, each with the
    time in which it forgets. Bursts: the level they approach exponentially, the time from 10 to 90 % of that way, how
    long they last and which part of that the fall takes, and the gaps between them.
    """

    level_rps: float
    diurnal: float
    diurnal_peak_s: float
    slow_deviation: float
    slow_time_s: float
    fast_deviation: float
    fast_time_s: float
    burst_rps: float
    burst_deviation: float
    rise_s: float
    rise_cv: float
    burst_s: float
    burst_cv: float
    fall_share: float
    gap_s: float
    gap_cv: float

    def __post_init__(self) -> None:
        check_numbers(self)


TRACE = Shape(
    level_rps=50.4,
    diurnal=0.184,
    diurnal_peak_s=26_590.0,
    slow_deviation=0.126,
    slow_time_s=14_180.0,
    fast_deviation=0.0569,
    fast_time_s=10.63,
    burst_rps=223.7,
    burst_deviation=0.064,
    rise_s=22.18,
    rise_cv=0.509,
    burst_s=538.9,
    burst_cv=0.814,
    fall_share=0.448,
    gap_s=5971.0,
    gap_cv=0.593,
)
"""Printed by `python scripts/fit_twitter_like.py workload.tbz2`, which fits them to the whole trace; only its seconds
with requests are used, the last 29 minutes of each day being empty by an artefact."""

NAME = "twitter-like"


@dataclass(frozen=True, kw_only=True, slots=True)
class TwitterLike:
    """A diurnal level with noise, bursts to four times of it within half a minute, and Poisson-like noise.

    Rates are those of the trace divided by `damping`, as IPA does. The episode starts at a random time of day.
    """

    origin: ClassVar[str] = GENERATED
    name: str = NAME
    duration_s: int = 1200
    damping: float = 8.0
    shape: Shape = TRACE

    def __post_init__(self) -> None:
        check_numbers(self)
        if not (isfinite(self.damping) and self.damping > 0):
            raise InputError(f"damping must be above 0 and finite, not {self.damping}")

    def rates_rps(self, rng: np.random.Generator) -> Rates:
        """Requests per second of each second, shape (duration_s,)."""
        shape, second = self.shape, np.arange(self.duration_s, dtype=np.float64)
        day_s = rng.uniform(0, DAY_S) + second
        wave = shape.diurnal * np.cos(2 * pi * (day_s - shape.diurnal_peak_s) / DAY_S)
        slow = wander(self.duration_s, deviation=shape.slow_deviation, memory_s=shape.slow_time_s, rng=rng)
        fast = wander(self.duration_s, deviation=shape.fast_deviation, memory_s=shape.fast_time_s, rng=rng)
        level = shape.level_rps * np.exp(wave + slow)
        for start, share, top_rps in _bursts(self.duration_s, shape, rng):
            within = level[start : start + len(share)]
            within += share * np.maximum(top_rps - within, 0.0)
        level *= np.exp(fast)
        noisy = level + np.sqrt(level) * rng.standard_normal(self.duration_s)
        return np.maximum(noisy, 0.0) / self.damping


def _bursts(duration_s: int, shape: Shape, rng: np.random.Generator) -> Iterator[tuple[int, Rates, float]]:
    """Of each burst the first second, the share of the climb in each second, and the level it approaches.

    The first gap is cut at a random place, or the load begins within a burst.
    """
    time_s = _gamma(shape.gap_s, shape.gap_cv, rng) * rng.uniform() - shape.burst_s * rng.uniform()
    while time_s < duration_s:
        length_s = _gamma(shape.burst_s, shape.burst_cv, rng)
        rise_s = _lognormal(shape.rise_s, shape.rise_cv, rng)
        top_rps = _lognormal(shape.burst_rps, shape.burst_deviation, rng)
        start, end = max(0, ceil(time_s)), min(duration_s, ceil(time_s + length_s))
        if start < end:
            since_s = np.arange(start, end, dtype=np.float64) - time_s
            share = climb(since_s, rise_s=rise_s, length_s=length_s, fall_share=shape.fall_share)
            yield start, share, top_rps
        time_s += length_s + _gamma(shape.gap_s, shape.gap_cv, rng)


def _lognormal(median: float, cv: float, rng: np.random.Generator) -> float:
    return median * exp(sqrt(log1p(cv**2)) * rng.standard_normal())


def _gamma(mean: float, cv: float, rng: np.random.Generator) -> float:
    shape = cv**-2
    return float(rng.gamma(shape, mean / shape))
