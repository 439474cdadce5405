"""How long a batch takes: measured points, and the quadratic of the IPA paper between them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ipagym.errors import InputError

NORMAL_P99 = 2.3263478740408408
"""The 99th percentile of the standard normal distribution."""


@dataclass(frozen=True, kw_only=True)
class LatencyModel:
    """Batch latency of one variant on its base cores.

    `average_s` and `p99_s` map a batch size to the measured average and 99th percentile of the service time of one
    batch, in seconds. Between measured batches the ordinary least squares quadratic l(b) = x·b² + y·b + z (IPA §4.2)
    is used, kept between its measured neighbours so that latency never falls as the batch grows.

    Raises:
        InputError: batch 1 is missing, the two tables differ in batches, or a latency is not positive.
    """

    average_s: Mapping[int, float]
    p99_s: Mapping[int, float]
    _cache: dict[int, tuple[float, float]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if 1 not in self.average_s:
            raise InputError("latency of batch 1 is missing: every profile needs it")
        if set(self.average_s) != set(self.p99_s):
            raise InputError("average and p99 latency must be given for the same batches")
        for batch, average in self.average_s.items():
            if not 0 < average <= self.p99_s[batch]:
                raise InputError(f"latency at batch {batch} must satisfy 0 < average <= p99, not {average} and {self.p99_s[batch]}")

    def __getstate__(self) -> dict[str, object]:
        return {"average_s": dict(self.average_s), "p99_s": dict(self.p99_s), "_cache": {}}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)

    @property
    def max_batch(self) -> int:
        """The largest measured batch; nothing is extrapolated beyond it."""
        return max(self.average_s)

    @cached_property
    def quadratics(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Coefficients (x, y, z) of the fits to the average and to the p99 latency."""
        return _fit(self.average_s), _fit(self.p99_s)

    def average(self, batch: int) -> float:
        """Mean service time of a batch of `batch` requests, in seconds."""
        return self._at(batch)[0]

    def p99(self, batch: int) -> float:
        """99th percentile of the service time of a batch of `batch` requests, in seconds."""
        return self._at(batch)[1]

    def throughput_rps(self, batch: int) -> float:
        """What one replica can be planned to serve: h(b) = b / l(b), with the p99 latency as l."""
        return batch / self.p99(batch)

    def noise_sigma(self, batch: int) -> float:
        """Sigma of the lognormal factor of mean 1 that puts the 99th percentile at the measured p99.

        Solves exp(z·σ − σ²/2) = p99 / average for the smaller root, z the normal 99th percentile.
        """
        average, p99 = self._at(batch)
        discriminant = NORMAL_P99**2 - 2 * math.log(p99 / average)
        return NORMAL_P99 - math.sqrt(max(discriminant, 0.0))

    def _at(self, batch: int) -> tuple[float, float]:
        if batch not in self._cache:
            if not 1 <= batch <= self.max_batch:
                raise InputError(f"batch {batch} is outside the profile (1..{self.max_batch})")
            average_fit, p99_fit = self.quadratics
            average = _between(self.average_s, average_fit, batch)
            self._cache[batch] = average, max(average, _between(self.p99_s, p99_fit, batch))
        return self._cache[batch]


def _fit(points: Mapping[int, float]) -> tuple[float, ...]:
    batches = sorted(points)
    degree = min(2, len(batches) - 1)
    coefficients = np.polynomial.polynomial.polyfit(batches, [points[b] for b in batches], degree)
    z, y, x = [float(c) for c in coefficients] + [0.0] * (2 - degree)
    return x, y, z


def _between(points: Mapping[int, float], fit: tuple[float, ...], batch: int) -> float:
    if batch in points:
        return points[batch]
    x, y, z = fit
    below = points[max(b for b in points if b < batch)]
    above = points[min(b for b in points if b > batch)]
    low, high = min(below, above), max(below, above)
    return min(max(x * batch**2 + y * batch + z, low), high)
