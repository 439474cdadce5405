"""Latency of a batch: measured points, and the quadratic of the IPA paper between them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np

from ipagym.system.errors import InputError

SHORTEST_S = 1e-6
"""Shortest service time of a batch in seconds: a microsecond, less than any call of a server."""

NORMAL_P99 = 2.3263478740408408
"""The 99th percentile of the standard normal distribution."""


def latency_fields(average_s: Mapping[int, float], p99_s: Mapping[int, float]) -> dict[str, dict[int, float]]:
    """Latencies by batch as the fields of a profile file, with four digits."""
    return {"average_s": _rounded(average_s), "p99_s": _rounded(p99_s)}


def _rounded(seconds: Mapping[int, float]) -> dict[int, float]:
    return {batch: float(f"{value:.4g}") for batch, value in seconds.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class LatencyModel:
    """Batch latency of one variant on its base cores.

    `average_s` and `p99_s` map a batch size to the measured average and 99th percentile of the service time of one
    batch, in seconds. Between measured batches the ordinary least squares quadratic l(b) = x·b² + y·b + z (IPA's
    latency model) is used, clipped to the measured neighbours. Where measured latency falls as the batch grows (the
    batch was a setting, and the batches were rarely full), the model keeps its highest value so far: a larger batch
    never takes less time. `table` holds (average, p99) of the model for every batch from 1 to the largest measured one.
    `measured_rps` is the measured maximum of requests per second by batch, where it is known.

    Raises:
        InputError: batch 1 is missing, the two tables differ in batches, or a latency is below a microsecond.
    """

    average_s: Mapping[int, float]
    p99_s: Mapping[int, float]
    measured_rps: Mapping[int, float] = field(default_factory=dict)
    table: tuple[tuple[float, float], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if 1 not in self.average_s:
            raise InputError("latency of batch 1 is missing: every profile needs it")
        if set(self.average_s) != set(self.p99_s):
            raise InputError("average and p99 latency must be given for the same batches")
        for batch, average in self.average_s.items():
            if not SHORTEST_S <= average <= self.p99_s[batch] < float("inf"):
                raise InputError(
                    f"latency at batch {batch} must satisfy {SHORTEST_S:g} s <= average <= p99, "
                    f"not {average} and {self.p99_s[batch]}"
                )
        averages, p99s = _interpolate(self.average_s), _interpolate(self.p99_s)
        object.__setattr__(self, "table", tuple((a, max(a, p)) for a, p in zip(averages, p99s, strict=True)))

    @property
    def max_batch(self) -> int:
        """The largest measured batch; nothing is extrapolated beyond it."""
        return len(self.table)

    def average(self, batch: int) -> float:
        """Mean service time of a batch of `batch` requests, in seconds."""
        return self._at(batch)[0]

    def p99(self, batch: int) -> float:
        """99th percentile of the service time of a batch of `batch` requests, in seconds."""
        return self._at(batch)[1]

    def throughput_rps(self, batch: int) -> float:
        """The load that plans assign to one replica: h(b) = b / l(b), with the p99 latency as l."""
        return batch / self.p99(batch)

    def noise_sigma(self, batch: int) -> float:
        """Sigma of the lognormal factor of mean 1 that puts the 99th percentile at the measured p99.

        Solves exp(z·σ − σ²/2) = p99 / average for the smaller root, z the normal 99th percentile. A ratio beyond
        exp(z²/2) ≈ 15 has no such factor; the nearest, σ = z, is returned.
        """
        average, p99 = self._at(batch)
        discriminant = NORMAL_P99**2 - 2 * math.log(p99 / average)
        return NORMAL_P99 - math.sqrt(max(discriminant, 0.0))

    def _at(self, batch: int) -> tuple[float, float]:
        if not 1 <= batch <= len(self.table):
            raise InputError(f"batch {batch} is outside the profile (1..{len(self.table)})")
        return self.table[batch - 1]


def quadratic(points: Mapping[int, float]) -> tuple[float, float, float]:
    """Least squares coefficients (x, y, z) of x·b² + y·b + z in seconds; of lower degree for one or two points."""
    batches = sorted(points)
    degree = min(2, len(batches) - 1)
    fit = np.polynomial.polynomial.polyfit(batches, [points[b] for b in batches], degree)
    z, y, x = [float(c) for c in fit] + [0.0] * (2 - degree)
    return x, y, z


def _interpolate(points: Mapping[int, float]) -> list[float]:
    """Seconds for every batch from 1 to the largest measured one."""
    x, y, z = quadratic(points)

    def at(batch: int) -> float:
        if batch in points:
            return points[batch]
        neighbours = (points[max(b for b in points if b < batch)], points[min(b for b in points if b > batch)])
        return min(max(x * batch**2 + y * batch + z, min(neighbours)), max(neighbours))

    return list(accumulate((at(batch) for batch in range(1, max(points) + 1)), max))
