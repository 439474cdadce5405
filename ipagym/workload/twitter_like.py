"""A random load with the statistics of the Twitter trace, for machines without the file."""

from dataclasses import dataclass
from math import ceil, exp, log, pi, sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ipagym.workload.generators import check_numbers

DAY_S = 86_400
STEP_S = 60
"""Level and bursts are drawn by the minute and joined by straight lines."""

LEVEL_RPS = 53.0
DIURNAL = 0.12
DIURNAL_PEAK_S = 7.5 * 3600
SLOW_DEVIATION = 0.19
SLOW_TIME_S = 1800.0
BURST_RPS, BURST_DEVIATION_RPS = 214.0, 30.0
BURST_S, BURST_CV = 465.0, 0.45
GAP_S, GAP_CV = 7200.0, 0.35
"""Outside bursts: median level, diurnal amplitude and slow noise, as shares. Bursts: their level, their length and
the gaps between them. Chosen so that the statistics which `scripts/fit_twitter_like.py` prints agree with the
trace's; only its seconds with requests are used, the last 29 minutes of each day being empty by an artefact."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TwitterLike:
    """A diurnal level with slow noise, bursts of some eight minutes every two hours, and Poisson-like noise.

    Rates are those of the trace divided by `damping`, as IPA does. The episode starts at a random time of day.
    """

    name: ClassVar[str] = "twitter-like"
    duration_s: int = 1200
    damping: float = 8.0

    def __post_init__(self) -> None:
        check_numbers(self)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        minutes = ceil(self.duration_s / STEP_S) + 1
        time_s = rng.uniform(0, DAY_S) + STEP_S * np.arange(minutes, dtype=np.float64)
        quiet = LEVEL_RPS * np.exp(_diurnal(time_s) + _slow_noise(minutes, rng))
        by_minute = np.maximum(quiet, _bursts(minutes, rng))
        level = np.interp(np.arange(self.duration_s) / STEP_S, np.arange(minutes), by_minute)
        noisy = level + np.sqrt(level) * rng.standard_normal(self.duration_s)
        return np.maximum(noisy, 0.0) / self.damping


def _diurnal(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    return DIURNAL * np.cos(2 * pi * (time_s - DIURNAL_PEAK_S) / DAY_S)


def _slow_noise(minutes: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A stationary first-order autoregression by the minute."""
    keep = exp(-STEP_S / SLOW_TIME_S)
    shocks = SLOW_DEVIATION * rng.standard_normal(minutes)
    noise = np.empty(minutes)
    noise[0] = shocks[0]
    for i in range(1, minutes):
        noise[i] = keep * noise[i - 1] + sqrt(1 - keep**2) * shocks[i]
    return noise


def _bursts(minutes: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Level of the bursts by the minute, 0 between them; the first gap is cut at a random place."""
    level = np.zeros(minutes)
    spread = log(1 + (BURST_DEVIATION_RPS / BURST_RPS) ** 2)
    time_s = _gamma(GAP_S, GAP_CV, rng) * rng.uniform() - BURST_S * rng.uniform()
    while time_s < minutes * STEP_S:
        end_s = time_s + max(STEP_S, _gamma(BURST_S, BURST_CV, rng))
        height = BURST_RPS * exp(sqrt(spread) * rng.standard_normal() - spread / 2)
        level[max(0, round(time_s / STEP_S)) : max(0, round(end_s / STEP_S))] = height
        time_s = end_s + _gamma(GAP_S, GAP_CV, rng)
    return level


def _gamma(mean: float, cv: float, rng: np.random.Generator) -> float:
    shape = cv**-2
    return float(rng.gamma(shape, mean / shape))
