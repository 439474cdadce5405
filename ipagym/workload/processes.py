"""Random processes of the literature as models of load: the seed determines the load of each episode."""

from dataclasses import dataclass
from math import ceil, pi
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.generators import check_numbers, generated_by

Rates = NDArray[np.float64]

SHORTEST_S = 1.0
"""The least mean time in a state and the least period: rates are by second."""

SOJOURNS_AT_ONCE = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class Mmpp:
    """A Markov-modulated Poisson process of two states (Fischer and Meier-Hellstern, Performance Evaluation 18, 1993).

    The rate is one or the other, for times that are exponentially distributed; in a second with both it is their mean
    by time. The process begins in equilibrium. Its requests are Poisson under the arrival rule `poisson`.
    """

    name: ClassVar[str] = "mmpp"
    low_rps: float
    high_rps: float
    low_s: float
    high_s: float
    duration_s: int = 1200

    def __post_init__(self) -> None:
        check_numbers(self)
        if min(self.low_s, self.high_s) < SHORTEST_S:
            raise InputError(f"mean times in the states of mmpp must be {SHORTEST_S:g} s or more")

    @property
    def origin(self) -> str:
        """Its figures."""
        return generated_by(self)

    def rates_rps(self, rng: np.random.Generator) -> Rates:
        """Requests per second of each second, shape (duration_s,)."""
        means_s, rates = np.array([self.low_s, self.high_s]), np.array([self.low_rps, self.high_rps])
        state = int(rng.uniform() >= self.low_s / means_s.sum())
        changes, served, end_s = [np.zeros(1)], [np.zeros(1)], 0.0
        while end_s < self.duration_s:
            states = (state + np.arange(SOJOURNS_AT_ONCE)) % 2  # as many as there are come back to the state
            stays_s = rng.exponential(means_s[states])
            changes.append(end_s + np.cumsum(stays_s))
            served.append(served[-1][-1] + np.cumsum(stays_s * rates[states]))
            end_s = float(changes[-1][-1])
        seconds = np.arange(self.duration_s + 1)
        return np.diff(np.interp(seconds, np.concatenate(changes), np.concatenate(served)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Diurnal:
    """A sine wave between two rates, of any period; each episode begins somewhere in it."""

    name: ClassVar[str] = "diurnal"
    low_rps: float
    high_rps: float
    period_s: float
    duration_s: int = 1200

    def __post_init__(self) -> None:
        check_numbers(self)
        if self.period_s < 2 * SHORTEST_S:
            raise InputError(f"period_s of diurnal must be {2 * SHORTEST_S:g} s or more, not {self.period_s}")

    @property
    def origin(self) -> str:
        """Its figures."""
        return generated_by(self)

    def rates_rps(self, rng: np.random.Generator) -> Rates:
        """Requests per second of each second, shape (duration_s,)."""
        turn = rng.uniform() + np.arange(self.duration_s) / self.period_s
        middle, amplitude = (self.high_rps + self.low_rps) / 2, (self.high_rps - self.low_rps) / 2
        return middle - amplitude * np.cos(2 * pi * turn)


@dataclass(frozen=True, kw_only=True, slots=True)
class FlashCrowd:
    """A base rate, then a linear rise to the peak and an exponential fall with time constant `fall_s`.

    The rise begins at a random second of the first half of the episode.
    """

    name: ClassVar[str] = "flash-crowd"
    base_rps: float
    peak_rps: float
    rise_s: float
    fall_s: float
    duration_s: int = 1200

    def __post_init__(self) -> None:
        check_numbers(self)
        if min(self.rise_s, self.fall_s) < SHORTEST_S:
            raise InputError(f"rise_s and fall_s of flash-crowd must be {SHORTEST_S:g} s or more")

    @property
    def origin(self) -> str:
        """Its figures."""
        return generated_by(self)

    def rates_rps(self, rng: np.random.Generator) -> Rates:
        """Requests per second of each second, shape (duration_s,)."""
        since_s = np.arange(self.duration_s) - rng.integers(0, ceil(self.duration_s / 2))
        rise = np.clip(since_s / self.rise_s, 0.0, 1.0)
        fall = np.exp(-np.maximum(since_s - self.rise_s, 0.0) / self.fall_s)
        return np.asarray(self.base_rps + (self.peak_rps - self.base_rps) * rise * fall)


@dataclass(frozen=True, kw_only=True, slots=True)
class SelfSimilar:
    """Fractional Gaussian noise around a mean: long bursts within longer ones, by the Hurst parameter.

    0.5 is white noise; traffic of local networks has 0.7 to 0.9 (Leland and others, IEEE/ACM Transactions on Networking
    2, 1994). What falls below 0 is 0, which raises the mean where the deviation is large beside it.
    """

    name: ClassVar[str] = "self-similar"
    mean_rps: float
    deviation_rps: float
    hurst: float
    duration_s: int = 1200

    def __post_init__(self) -> None:
        check_numbers(self)
        if not 0.5 <= self.hurst < 1:
            raise InputError(f"hurst of self-similar must be at least 0.5 and below 1, not {self.hurst}")

    @property
    def origin(self) -> str:
        """Its figures."""
        return generated_by(self)

    def rates_rps(self, rng: np.random.Generator) -> Rates:
        """Requests per second of each second, shape (duration_s,)."""
        noise = fractional_gaussian_noise(self.duration_s, self.hurst, rng)
        return np.maximum(self.mean_rps + self.deviation_rps * noise, 0.0)


def fractional_gaussian_noise(size: int, hurst: float, rng: np.random.Generator) -> Rates:
    """Of mean 0 and deviation 1, shape (size,), exactly distributed: circulant embedding (Davies and Harte 1987)."""
    covariance = noise_covariance(np.arange(size + 1), hurst)
    eigenvalues = np.fft.fft(np.concatenate([covariance, covariance[-2:0:-1]])).real
    length = len(eigenvalues)
    normal = rng.standard_normal(length) + 1j * rng.standard_normal(length)
    return np.asarray(np.fft.fft(np.sqrt(np.maximum(eigenvalues, 0.0) / length) * normal).real[:size])


def noise_covariance(lag: NDArray[np.int64], hurst: float) -> Rates:
    """The covariance of fractional Gaussian noise of deviation 1 at whole lags."""
    power, lags = 2 * hurst, np.asarray(lag, dtype=np.float64)
    return np.asarray((np.abs(lags + 1) ** power - 2 * lags**power + np.abs(lags - 1) ** power) / 2)
