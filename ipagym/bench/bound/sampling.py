"""The limits of good luck over a whole episode: a statement about service times that holds for all courses at once.

With the profile's spread, a batch takes its average times exp(σ·z − σ²/2) for a standard normal z, so that nothing
holds for certain. What is said here holds with probability 1 − `CHANCE` in an episode: no z is under −`FARTHEST` (by a
union over 10¹² draws, more than any episode has); and among the draws that an episode can use, no more than
`most_below` are under −ζ, by Chernoff's bound. It is said of the draws, not of who gets them, and so holds whatever is
decided: there is a draw for each request and stage, and a batch takes that of its first request.
"""

from math import erfc, exp, inf, log, sqrt

from ipagym.model.latency import LatencyModel
from ipagym.task.physics import MEASURED, Physics

CHANCE = 1e-9
"""The probability, in an episode, that chance is kinder than allowed for."""

FARTHEST = 10.0
"""Φ(−10) = 8·10⁻²⁴."""

LEVELS = (0.0, 0.5, 1.0, 1.5, 2.0, 2.25, 2.5, 2.75, 3.0, 3.25, 3.5, 3.75, 4.0, 4.5, 5.0, FARTHEST)
"""The ζ at which draws are counted."""


def levels(physics: Physics) -> tuple[float, ...]:
    """The levels that make a difference; with crashes or lost nodes, where batches are served again, only the last."""
    if physics.service != MEASURED:
        return (FARTHEST,)
    is_repeated = physics.faults.crashes_per_hour or physics.faults.node_losses_per_hour
    return (FARTHEST,) if is_repeated else LEVELS


def least_s(latency: LatencyModel, size: int, level: float, physics: Physics) -> float:
    """The shortest time of a batch, if its draw is not below −level; 0 for spreads that come near 0 too often.

    Stragglers only take longer, and a profile that errs by `profile_error` may err so much on the long side.
    """
    average_s = latency.average(size) * (1 - physics.profile_error)
    if physics.service == MEASURED:
        sigma = latency.noise_sigma(size)
        return average_s * exp(-sigma * level - sigma * sigma / 2)
    return average_s if physics.service == "constant" else 0.0


def most_below(level: float, draws: int) -> int:
    """The most of so many independent standard normals that are under −level, but for a chance of `CHANCE` in all.

    Chernoff: P(X ≥ m) ≤ exp(m − μ)·(μ/m)^m for m above the expected number μ.
    """
    mean, rare = draws * erfc(level / sqrt(2)) / 2, log(len(LEVELS) / CHANCE)
    if level == FARTHEST or not mean:
        return 0
    below, above = int(mean), int(mean) + 1
    while _rarity(above, mean) < rare:
        above *= 2
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (middle, above) if _rarity(middle, mean) < rare else (below, middle)
    return min(below, draws)


def _rarity(number: int, mean: float) -> float:
    """−log of Chernoff's bound."""
    return number * log(number / mean) - number + mean if number > mean else -inf
