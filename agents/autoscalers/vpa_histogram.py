"""The decaying histogram of Kubernetes' Vertical Pod Autoscaler, for CPU.

Source: kubernetes/autoscaler, `vertical-pod-autoscaler/pkg/recommender/{model,util}`: buckets that grow by 5 %, samples
whose weight halves every 24 hours.
"""

from math import ceil, floor, log

import numpy as np

RATIO = 1.05
FIRST_BUCKET_CORES = 0.01
MOST_CORES = 1000.0
EPSILON = 1e-4
"""Weights below this, relative to the newest, count as 0."""

SAMPLE_WEIGHT = 0.1
HALF_LIFE_S = 24 * 3600.0
LARGEST_EXPONENT = 100.0
"""Weights are relative to a reference time, which is moved before 2^x gets too large."""


def bucket_of(cores: float) -> int:
    """The bucket of a usage: floor(log_r(x·(r − 1)/first + 1)), 0 for usages below the end of the first bucket."""
    if cores < FIRST_BUCKET_CORES:
        return 0
    return min(floor(_log(cores)), BUCKETS - 1)


def start_of(bucket: int) -> float:
    """Cores at which a bucket begins."""
    return FIRST_BUCKET_CORES * (RATIO**bucket - 1) / (RATIO - 1)


def _log(cores: float) -> float:
    return log(cores * (RATIO - 1) / FIRST_BUCKET_CORES + 1, RATIO)


BUCKETS = ceil(_log(MOST_CORES)) + 1


class DecayingHistogram:
    """CPU usage in cores; `half_life_s` is the age at which a sample counts half."""

    def __init__(self, half_life_s: float = HALF_LIFE_S) -> None:
        self.half_life_s = half_life_s
        self._weights = np.zeros(BUCKETS)
        self._reference_s = 0.0

    @property
    def is_empty(self) -> bool:
        """True if no sample counts any more."""
        return bool(self._weights.sum() < EPSILON)

    def add(self, cores: float, time_s: float) -> None:
        """A sample of usage; times must not fall."""
        exponent = (time_s - self._reference_s) / self.half_life_s
        if exponent > LARGEST_EXPONENT:
            self._weights *= 2.0**-exponent
            self._reference_s, exponent = time_s, 0.0
        self._weights[bucket_of(cores)] += SAMPLE_WEIGHT * 2.0**exponent

    def percentile(self, share: float) -> float:
        """The end of the first bucket up to which `share` (0..1) of the weight lies (the start of the last); 0 if none.

        As in the source, weight counts up to the threshold within rounding only.
        """
        if self.is_empty:
            return 0.0
        cumulative = np.cumsum(self._weights)
        bucket = int(np.searchsorted(cumulative, share * cumulative[-1] * (1 - 1e-12)))
        return start_of(bucket) if bucket == BUCKETS - 1 else start_of(bucket + 1)
