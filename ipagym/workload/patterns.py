"""Generated replacements for the loads of the papers, for machines without the trace."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ipagym.workload.course import climb, wander
from ipagym.workload.twitter_like import TRACE


@dataclass(frozen=True, kw_only=True, slots=True)
class Hump:
    """A burst: its onset, jittered by up to `jitter_s`, the length of its plateau, and its fall.

    `rise_s` is the time from 10 to 90 % of its rise, which is part of the `plateau_s`.
    """

    onset_s: float
    plateau_s: float
    rise_s: float
    fall_s: float
    jitter_s: float = 60.0

    def shape(self, rng: np.random.Generator, duration_s: int) -> NDArray[np.float64]:
        """0 outside, 1 on the plateau, shape (duration_s,)."""
        start = self.onset_s + self.jitter_s * rng.uniform(-1, 1)
        return climb(
            np.arange(duration_s, dtype=np.float64) - start,
            rise_s=self.rise_s,
            length_s=self.plateau_s + self.fall_s,
            fall_share=self.fall_s / (self.plateau_s + self.fall_s),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """A quiet level with humps up to a peak, and noise whose deviation grows with the level as in the trace.

    The deviation is `noise_rps` plus `noise_share` times the load; `range_rps` has the minimum and the maximum of the
    original. The defaults are for IPA's loads, the trace divided by 8. The level varies slowly by `wander_share` of
    itself, as fast as in the whole trace.
    """

    origin: ClassVar[str] = "generated in the likeness of the trace's window"
    name: str
    quiet_rps: float
    peak_rps: float
    humps: tuple[Hump, ...] = ()
    duration_s: int = 1200
    noise_rps: float = 0.75
    noise_share: float = 0.04
    range_rps: tuple[float, float] = (3.0, 34.0)
    wander_share: float = 0.0

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        shape = np.zeros(self.duration_s)
        for hump in self.humps:
            shape = np.maximum(shape, hump.shape(rng, self.duration_s))
        level = self.quiet_rps + (self.peak_rps - self.quiet_rps) * shape
        level *= np.exp(wander(self.duration_s, deviation=self.wander_share, memory_s=TRACE.fast_time_s, rng=rng))
        noise = rng.standard_normal(self.duration_s) * (self.noise_rps + self.noise_share * level)
        return np.clip(np.round(level + noise), *self.range_rps)


PATTERNS = {
    pattern.name: pattern
    for pattern in (
        Pattern(
            name="bursty",
            quiet_rps=5.34,
            peak_rps=26.56,
            wander_share=0.05,
            humps=(Hump(onset_s=384, rise_s=22.6, plateau_s=302, fall_s=172),),
        ),
        Pattern(name="steady-low", quiet_rps=5.06, peak_rps=5.06),
        Pattern(name="steady-high", quiet_rps=28.84, peak_rps=28.84),
        Pattern(
            name="fluctuating",
            quiet_rps=6.36,
            peak_rps=26.87,
            wander_share=0.05,
            humps=(
                Hump(onset_s=144, rise_s=24.0, plateau_s=300, fall_s=163),
                Hump(onset_s=742, rise_s=23.2, plateau_s=158, fall_s=153),
            ),
        ),
        Pattern(
            name="infadapter-bursty",
            quiet_rps=45.34,
            peak_rps=215.96,
            wander_share=0.05,
            humps=(Hump(onset_s=624, rise_s=22.9, plateau_s=301, fall_s=175),),
            duration_s=1260,
            noise_rps=5.0,
            noise_share=0.05,
            range_rps=(27.0, 274.0),
        ),
        Pattern(
            name="infadapter-non-bursty",
            quiet_rps=46.08,
            peak_rps=156.93,
            wander_share=0.05,
            humps=(Hump(onset_s=-313, rise_s=22.1, plateau_s=884, fall_s=615),),
            duration_s=1500,
            noise_rps=5.0,
            noise_share=0.06,
            range_rps=(21.0, 206.0),
        ),
    )
}
"""Levels and humps are printed by `python scripts/fit_twitter_like.py workload.tbz2`, which fits them to the papers'
windows; noise and wandering are set for the deviation and the ten-second rises to be theirs, which is tested."""
