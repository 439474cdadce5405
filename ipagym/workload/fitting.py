"""Fits the parameters of the twitter-like load to a measured load."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import pi

import numpy as np
from numpy.typing import NDArray

from ipagym.workload.statistics import DAY_S, SPAN_S, Burst, find_bursts
from ipagym.workload.twitter_like import Shape, TwitterLike

Rates = NDArray[np.float64]

SEEDS, ROUNDS = 6, 12
DAYS = 22
BEFORE_S, AFTER_S = 30, 600
"""Seconds around a burst that are not counted as quiet."""

LARGEST_CHANGE = 1.5
SHORT, MIDDLE, LONG = 1, 24, 384
"""Spans of ten seconds over which the change of the quiet level is looked at."""


def fit(measured: Rates, start: Shape) -> Iterator[Shape]:
    """Successively better parameters, in `ROUNDS` rounds, such that generated loads have the same measures as the
    measured one.

    Indirect inference by proportion: in each round a parameter is multiplied by the ratio of its measure in `measured`
    to that in the generated loads (mean over some seeds). Seconds without requests in `measured` are gaps; it starts at
    midnight.
    """
    wanted, shape = measures(measured), replace(start, diurnal_peak_s=_wave(measured)[1] % DAY_S)
    for _ in range(ROUNDS):
        found = [measures(load) for load in generated(shape)]
        mean = {name: float(np.mean([each[name] for each in found])) for name in wanted}
        changes = {n: np.clip(wanted[n] / mean[n], 1 / LARGEST_CHANGE, LARGEST_CHANGE) for n in wanted}
        shape = replace(shape, **{name: float(getattr(shape, name) * change) for name, change in changes.items()})
        yield shape


def generated(shape: Shape) -> Iterator[Rates]:
    """Loads of the process, as long as the trace and not damped."""
    for seed in range(SEEDS):
        yield TwitterLike(duration_s=DAYS * DAY_S, damping=1.0, shape=shape).rates_rps(np.random.default_rng(seed))


def measures(rates_rps: Rates) -> dict[str, float]:
    """The measure of each parameter of `Shape`, by its name; it is proportional to the parameter for small changes."""
    rates = rates_rps[rates_rps > 0]
    bursts = find_bursts(rates)
    return _burst_measures(bursts) | _quiet_measures(rates, bursts) | {"diurnal": _wave(rates_rps)[0]}


def _burst_measures(bursts: Sequence[Burst]) -> dict[str, float]:
    rise_s, fall_s, length_s, level_rps = np.array(
        [(burst.rise_s, burst.fall_s, burst.end_s - burst.start_s, burst.level_rps) for burst in bursts]
    ).T
    gap_s = np.array([after.start_s - before.end_s for before, after in pairwise(bursts)])
    middle, high = np.quantile(level_rps, (0.5, 0.95))
    return {
        "rise_s": float(np.nanmedian(rise_s)),
        "rise_cv": float(np.nanstd(rise_s) / np.nanmean(rise_s)),
        "burst_s": float(length_s.mean()),
        "burst_cv": float(length_s.std() / length_s.mean()),
        "fall_share": float(np.nanmedian(fall_s / length_s)),
        "burst_rps": float(middle),
        "burst_deviation": float(high / middle - 1),
        "gap_s": float(gap_s.mean()),
        "gap_cv": float(gap_s.std() / gap_s.mean()),
    }


def _quiet_measures(rates_rps: Rates, bursts: Sequence[Burst]) -> dict[str, float]:
    """Level and noise of the seconds far from bursts, by spans of ten seconds."""
    is_quiet = np.ones(len(rates_rps), dtype=np.bool_)
    for burst in bursts:
        is_quiet[max(0, burst.start_s - BEFORE_S) : burst.end_s + AFTER_S] = False
    whole = len(rates_rps) // SPAN_S * SPAN_S
    spans = np.log(rates_rps[:whole].reshape(-1, SPAN_S).mean(axis=1))
    spans[~is_quiet[:whole].reshape(-1, SPAN_S).all(axis=1)] = np.nan
    level = float(np.exp(np.nanmedian(spans)))
    counting = 1 / (SPAN_S * level)  # the variance that chance alone gives the mean of ten Poisson counts
    short, middle, long = (float(np.nanvar(spans[k:] - spans[:-k]) / 2 - counting) for k in (SHORT, MIDDLE, LONG))
    slow = float(np.nanvar(spans)) - counting - middle
    return {
        "level_rps": level,
        "fast_deviation": middle**0.5,
        "fast_time_s": middle / short,
        "slow_deviation": slow**0.5,
        "slow_time_s": slow / (long - middle),
    }


def _wave(rates_rps: Rates) -> tuple[float, float]:
    """The amplitude of the daily wave in the logarithm of the rates, and the second of the day of its peak."""
    second = np.flatnonzero(rates_rps)
    angle = 2 * pi * second / DAY_S
    logarithm = np.log(rates_rps[second])
    typical = logarithm < np.quantile(logarithm, 0.87)  # bursts left out
    waves = np.stack([np.ones(len(second)), np.cos(angle), np.sin(angle)], axis=1)[typical]
    (_, cosine, sine), *_ = np.linalg.lstsq(waves, logarithm[typical], rcond=None)
    return float(np.hypot(cosine, sine)), float(np.arctan2(sine, cosine) / (2 * pi) * DAY_S)
