"""InferLine's traffic envelope (Crankshaw et al., SoCC 2020, §5): the most requests in windows of growing length."""

from math import ceil

import numpy as np
from numpy.typing import NDArray

LONGEST_S = 60.0


def window_lengths(service_s: float) -> list[float]:
    """Lengths in seconds, from the service time of the pipeline on, doubling, up to a minute."""
    lengths = [max(1.0, float(ceil(service_s)))]
    while 2 * lengths[-1] <= LONGEST_S:
        lengths.append(2 * lengths[-1])
    return lengths


def rates_rps(arrivals_per_s: NDArray[np.int64], lengths_s: list[float]) -> list[float]:
    """For each length the highest mean rate over any window as long; arrivals are known by the second."""
    total = np.concatenate([[0.0], np.cumsum(arrivals_per_s)])
    found = []
    for length in lengths_s:
        width = min(int(length), len(arrivals_per_s))
        found.append(float((total[width:] - total[:-width]).max() / length) if width else 0.0)
    return found
