"""The highest recent rate as the forecast: IPA's backup rule where its LSTM has too little history."""

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.system.errors import InputError
from ipagym.workload.statistics import peak_rps


class MovingMaximum:
    """Maximum, over the last `horizon_s` seconds, of the mean rate over `smooth_s` seconds.

    IPA plans for the maximum of the last 120 s (`horizon_s=120`), and its rate is what Prometheus measures over 2 s
    (`smooth_s=2`): with random arrivals the count of single seconds would overstate the rate. The default horizon of
    20 s is as far as IPA's LSTM looks ahead. A rise shows equally soon with every horizon; a shorter one gives cores
    back sooner after a fall and overstates a steady random load less.
    """

    def __init__(self, *, horizon_s: int = 20, smooth_s: int = 2) -> None:
        if smooth_s < 1:
            raise InputError(f"smooth_s must be at least 1 second, not {smooth_s}")
        if horizon_s < smooth_s:
            raise InputError(f"horizon_s must be at least smooth_s ({smooth_s} s), not {horizon_s}")
        self.horizon_s = horizon_s
        self.smooth_s = smooth_s
        self.reset()

    def reset(self) -> None:
        """Forget the past."""
        self._recent = RecentSeconds(self.horizon_s)

    def observe(self, arrivals_per_s: NDArray[np.int64]) -> None:
        """Take in the arrivals of each further second; those older than the horizon are forgotten."""
        self._recent.observe(arrivals_per_s)

    def predict(self) -> float:
        """The rate to plan for, in requests per second; 0 before the first observation."""
        return peak_rps(self._recent.counts, self.smooth_s)
