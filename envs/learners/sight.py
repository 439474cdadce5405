"""The figures that n controllers have after a window: the input of a learner's view."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.feeds import Figures

Rows = NDArray[np.int64]
Values = NDArray[np.float64]


class Sight(NamedTuple):
    """Observations (n, entries), the arrivals in each second (n, seconds), and the longest network delay of the
    requests that arrived, in seconds (n,).
    """

    observations: NDArray[np.float32]
    arrivals_per_s: NDArray[np.int64]
    network_max_s: Values

    @classmethod
    def of(cls, observations: NDArray[np.float32], seen: Figures) -> "Sight":
        """From observations and their windows."""
        return cls(observations, seen.arrivals_per_s, seen.window_records["network_max_s"])

    def rows(self, which: Rows) -> "Sight":
        """Some of the rows."""
        return Sight(self.observations[which], self.arrivals_per_s[which], self.network_max_s[which])
