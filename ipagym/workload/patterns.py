"""Stand-ins for the loads of the papers, for machines without the trace."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Hump:
    """A rise from `onset_s` on, a plateau and a fall, in seconds; the onset is jittered by up to `jitter_s`."""

    onset_s: float
    plateau_s: float
    rise_s: float = 70.0
    fall_s: float = 150.0
    jitter_s: float = 60.0

    def shape(self, rng: np.random.Generator, duration_s: int) -> NDArray[np.float64]:
        """0 outside, 1 on the plateau, straight lines between, shape (duration_s,)."""
        start = self.onset_s + self.jitter_s * rng.uniform(-1, 1)
        corners = np.cumsum([start, self.rise_s, self.plateau_s, self.fall_s])
        return np.interp(np.arange(duration_s), corners, [0.0, 1.0, 1.0, 0.0])


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A quiet level with humps up to a peak, and noise whose deviation grows with the level as in the trace.

    The deviation is `noise_rps` at no load and `noise_share` of the load more; `range_rps` are the least and the most
    of the original. IPA's loads are the trace divided by 8, which the defaults are for.
    """

    name: str
    quiet_rps: float
    peak_rps: float
    humps: tuple[Hump, ...] = ()
    duration_s: int = 1200
    noise_rps: float = 0.75
    noise_share: float = 0.04
    range_rps: tuple[float, float] = (3.0, 34.0)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        shape = np.zeros(self.duration_s)
        for hump in self.humps:
            shape = np.maximum(shape, hump.shape(rng, self.duration_s))
        level = self.quiet_rps + (self.peak_rps - self.quiet_rps) * shape
        noise = rng.standard_normal(self.duration_s) * (self.noise_rps + self.noise_share * level)
        return np.clip(np.round(level + noise), *self.range_rps)


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
        Pattern(
            name="infadapter-bursty",
            quiet_rps=44.5,
            peak_rps=215.0,
            humps=(Hump(onset_s=570, plateau_s=280, fall_s=130),),
            duration_s=1260,
            noise_rps=5.0,
            noise_share=0.05,
            range_rps=(27.0, 274.0),
        ),
        Pattern(
            name="infadapter-non-bursty",
            quiet_rps=45.0,
            peak_rps=155.0,
            humps=(Hump(onset_s=-300, rise_s=100, plateau_s=920, fall_s=420),),
            duration_s=1500,
            noise_rps=5.0,
            noise_share=0.06,
            range_rps=(21.0, 206.0),
        ),
    )
}
"""Levels and humps follow the per-minute means of the paper's windows; mean and deviation are tested against them."""
