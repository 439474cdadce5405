"""The spread of a service time that is drawn anew, because a crash cut the first attempt off.

Drawn by counter (`ipagym.random.philox`), unlike that of a first attempt: which requests are served again, and when,
depends on what is decided. The distributions are those of `ipagym.random.distributions`.
"""

from collections.abc import Callable
from math import cos, exp, log, log1p, pi, sqrt

from ipagym.cluster.sim.spreads import Family

Pair = tuple[float, float]


def spread_again(family: Family, parameter: float, draw: Callable[[int], Pair]) -> float:
    """A spread made of pairs of uniform numbers; `draw` gives pair 0, 1, 2, …"""
    if family is Family.EXPONENTIAL:
        return -log1p(-draw(0)[0])
    if family is Family.NORMAL:
        return _normal(draw(0))
    if family is Family.LOGNORMAL:
        # Minus half the variance: a lognormal number of that mean in its exponent has mean 1.
        return exp(parameter * _normal(draw(0)) - parameter * parameter / 2)
    return _gamma(parameter, draw) / parameter if family is Family.GAMMA else 1.0


def _normal(pair: Pair) -> float:
    """Box and Muller's standard normal number."""
    return sqrt(-2.0 * log1p(-pair[0])) * cos(2.0 * pi * pair[1])


def _gamma(shape: float, draw: Callable[[int], Pair]) -> float:
    """Marsaglia and Tsang, "A simple method for generating gamma variables" (ACM TOMS 26, 2000), with their step for
    shapes below 1.
    """
    d = (shape + 1.0 if shape < 1.0 else shape) - 1.0 / 3.0
    c = 1.0 / sqrt(9.0 * d)
    trial = 0
    while True:
        z, (u, below) = _normal(draw(2 * trial)), draw(2 * trial + 1)
        v = 1.0 + c * z
        v = v * v * v
        if v > 0.0 and log1p(-u) < z * z / 2.0 + d - d * v + d * log(v):
            return d * v * exp(log1p(-below) / shape) if shape < 1.0 else d * v
        trial += 1
