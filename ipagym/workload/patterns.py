"""Stand-ins for the four loads of the IPA paper, for machines without the trace."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DURATION_S = 1200
LOWEST_RPS, HIGHEST_RPS = 3.0, 34.0
"""Range of the paper's windows, all four together."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hump:
    """A rise from `onset_s` on, a plateau and a fall, in seconds; the onset is jittered by up to `jitter_s`."""

    onset_s: float
    plateau_s: float
    rise_s: float = 70.0
    fall_s: float = 150.0
    jitter_s: float = 60.0

    def shape(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """0 outside, 1 on the plateau, straight lines between, shape (1200,)."""
        start = self.onset_s + self.jitter_s * rng.uniform(-1, 1)
        corners = np.cumsum([start, self.rise_s, self.plateau_s, self.fall_s])
        return np.interp(np.arange(DURATION_S), corners, [0.0, 1.0, 1.0, 0.0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A quiet level with humps up to a peak, and noise whose deviation grows with the level as in the trace."""

    name: str
    quiet_rps: float
    peak_rps: float
    humps: tuple[Hump, ...] = ()

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return DURATION_S

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (1200,)."""
        shape = np.zeros(DURATION_S)
        for hump in self.humps:
            shape = np.maximum(shape, hump.shape(rng))
        level = self.quiet_rps + (self.peak_rps - self.quiet_rps) * shape
        noise = rng.standard_normal(DURATION_S) * (0.75 + 0.04 * level)
        return np.clip(np.round(level + noise), LOWEST_RPS, HIGHEST_RPS)


PATTERNS = {
    pattern.name: pattern
    for pattern in (
        Pattern(name="bursty", quiet_rps=5.1, peak_rps=26.3, humps=(Hump(onset_s=360, plateau_s=285),)),
        Pattern(name="steady-low", quiet_rps=5.06, peak_rps=5.06),
        Pattern(name="steady-high", quiet_rps=28.84, peak_rps=28.84),
        Pattern(
            name="fluctuating",
            quiet_rps=5.9,
            peak_rps=26.5,
            humps=(Hump(onset_s=120, plateau_s=270), Hump(onset_s=720, plateau_s=140)),
        ),
    )
}
"""Levels and humps follow the per-minute means of the paper's windows; mean and deviation are tested against them."""
