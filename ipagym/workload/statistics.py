"""Statistics of a load: level, rises and bursts, from the rate of every second."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError

Rates = NDArray[np.float64]

DAY_S = 86_400
SPAN_S = 10
"""Rises compare the mean rate of ten seconds with that of the ten seconds before."""

LAGS_S = (1, 10, 60)
"""Spans of the index of dispersion, and lags of the autocorrelation."""

SMOOTH_S = 15
ABOVE, BELOW = 2.2, 1.55
"""A burst is where the smoothed rate gets above 2.2 times the median of the load, for as long as it is above 1.55."""

LEAST_CLIMB = 0.9
"""The climb of a burst, in medians, from which its rise and fall are told from noise."""


@dataclass(frozen=True, slots=True)
class Burst:
    """A burst: its beginning, its end, its level, and the seconds from 10 to 90 % of the climb and back."""

    start_s: int
    end_s: int
    level_rps: float
    rise_s: float
    fall_s: float


def peak_rps(rates_rps: Rates | NDArray[np.int64], span_s: int) -> float:
    """The highest mean rate over `span_s` seconds, or over all where there are fewer; 0 where there are none.

    Rates, or arrivals, are by second.
    """
    width = min(span_s, len(rates_rps))
    return float(np.convolve(rates_rps, np.full(width, 1 / width), mode="valid").max()) if width else 0.0


def ten_second_rises(rates_rps: Rates) -> Rates:
    """The increase of the mean rate of ten seconds over that of the ten before, as a share of the load's mean."""
    spans = rates_rps[: len(rates_rps) // SPAN_S * SPAN_S].reshape(-1, SPAN_S).mean(axis=1)
    return np.asarray(np.diff(spans) / rates_rps.mean())


def statistics(rates_rps: Rates) -> dict[str, float]:
    """The figures for the comparison of a generated load with a measured one; rates are by second.

    Raises:
        InputError: the load is shorter than two minutes, or all its seconds are the same.
    """
    if len(rates_rps) <= 120 or not rates_rps.std() > 0:
        raise InputError("statistics need a load of more than 120 s that changes")
    mean, days, rises = rates_rps.mean(), len(rates_rps) / DAY_S, ten_second_rises(rates_rps)
    centred = rates_rps - mean
    return {
        "mean": float(mean),
        "p50": float(np.quantile(rates_rps, 0.5)),
        "p99": float(np.quantile(rates_rps, 0.99)),
        "deviation": float(rates_rps.std()),
        "p99.99 / mean": float(np.quantile(rates_rps, 0.9999) / mean),
        "peak / mean": float(rates_rps.max() / mean),
        **{f"autocorrelation {k} s": float((centred[k:] * centred[:-k]).mean() / rates_rps.var()) for k in LAGS_S},
        "largest 10 s rise / mean": float(rises.max()),
        "10 s rises > 1 mean, a day": float((rises > 1).sum() / days),
        "10 s rises > 1/2 mean, a day": float((rises > 0.5).sum() / days),
        "10 s falls > 1/2 mean, a day": float((rises < -0.5).sum() / days),
        **{f"10 s rise p{100 * q:g} / mean": float(np.quantile(rises, q)) for q in (0.9, 0.99, 0.999, 0.9999)},
    }


def description(rates_rps: Rates) -> dict[str, float]:
    """The figures of any load, however short or steady: level, spread and memory; rates are by second.

    The index of dispersion is the variance of the requests in so many seconds over their mean: 1 for a Poisson process
    of a constant rate, whose counts the rates are, 0 where all are the same. Figures that the load is too short or too
    steady for are left out.
    """
    mean = float(rates_rps.mean())
    found = {
        "seconds": float(len(rates_rps)),
        "requests": float(rates_rps.sum()),
        "mean rps": mean,
        "least rps": float(rates_rps.min()),
        "peak rps": float(rates_rps.max()),
        "p50 rps": float(np.quantile(rates_rps, 0.5)),
        "p99 rps": float(np.quantile(rates_rps, 0.99)),
        "deviation rps": float(rates_rps.std()),
    }
    if mean > 0:
        found["peak / mean"] = float(rates_rps.max() / mean)
        found |= {f"index of dispersion, {k} s": _dispersion(rates_rps, k) for k in LAGS_S if len(rates_rps) >= 2 * k}
    if len(rates_rps) > 120 and rates_rps.std() > 0:
        found |= {name: value for name, value in statistics(rates_rps).items() if name.startswith(("auto", "largest"))}
    return found


def _dispersion(rates_rps: Rates, span_s: int) -> float:
    counts = rates_rps[: len(rates_rps) // span_s * span_s].reshape(-1, span_s).sum(axis=1)
    return float(counts.var() / counts.mean()) if counts.mean() > 0 else 0.0


def find_bursts(rates_rps: Rates) -> list[Burst]:
    """The bursts of a load of a day or more, in order; those that climb too little have no rise and no fall (NaN)."""
    smooth = np.convolve(rates_rps, np.full(SMOOTH_S, 1 / SMOOTH_S), "same")
    median = float(np.median(rates_rps))
    above = np.concatenate([[False], smooth > BELOW * median, [False]])
    edges = np.flatnonzero(above[1:] != above[:-1])
    return [
        _measured(rates_rps, int(start), int(end), median)
        for start, end in zip(edges[::2], edges[1::2], strict=True)
        if smooth[start:end].max() > ABOVE * median
    ]


def _measured(rates_rps: Rates, start: int, end: int, median: float) -> Burst:
    around = rates_rps[max(0, start - 60) : end + 180]
    near = np.convolve(around, np.full(5, 0.2), "same")
    level = float(np.quantile(near, 1 - 0.4 * (end - start) / len(near)))
    quiet = float(np.median(rates_rps[max(0, start - 180) : max(1, start - 30)]))
    if level - quiet < LEAST_CLIMB * median:
        return Burst(start, end, level, np.nan, np.nan)
    share = (near - quiet) / (level - quiet)
    high = np.flatnonzero(share > 0.9)
    return Burst(start, end, level, _time_apart(share[: high[0]][::-1]), _time_apart(share[high[-1] + 1 :]))


def _time_apart(share: Rates) -> float:
    """Seconds from 90 % of a climb, where `share` begins, to 10 %."""
    low = np.flatnonzero(share < 0.1)
    return float(low[0] + 1) if low.size else np.nan
