"""The recent past of a load, second by second."""

import numpy as np
from numpy.typing import NDArray


class RecentSeconds:
    """The arrivals of each of the last `longest_s` seconds in `counts`, the oldest first."""

    def __init__(self, longest_s: int) -> None:
        self.longest_s = longest_s
        self.counts: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second."""
        self.counts = np.concatenate([self.counts, arrivals_per_s])[-self.longest_s :]
