"""Pareto fronts and hypervolumes of agents, with bootstrap intervals over seeds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from ipagym.bench.front.points import AXES, IS_GAIN, Floats, Points
from ipagym.system.errors import InputError

MARGIN = 0.1
"""Distance of the reference point beyond the worst point, as a share of the range from worst to best."""

RESAMPLES = 2_000
BOOTSTRAP_SEED = 20_080_401


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the bounds of its 95 % interval; these are none with a single seed."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """The corners between which volumes are measured, in `AXES`: the reference point, and the best of all agents."""

    reference: Floats
    best: Floats


def box_of(points: Points, reference: tuple[float, ...] | None = None) -> Box:
    """The box of all agents' mean points. Without a reference point it is the worst of them in each axis, moved away by
    `MARGIN` of the range, or by 1 where there is none.

    Raises:
        InputError: the reference point has not a finite number for each axis, or is no worse than the best in one.
    """
    every = np.concatenate([points.means(agent) for agent in points.of_agent])
    best = np.where(IS_GAIN, every.max(axis=0), every.min(axis=0))
    if reference is None:
        worst = np.where(IS_GAIN, every.min(axis=0), every.max(axis=0))
        away = np.where(worst == best, 1.0, MARGIN * np.abs(worst - best))
        return Box(worst + np.where(IS_GAIN, -away, away), best)
    if len(reference) != len(AXES) or not np.isfinite(reference).all():
        raise InputError(
            f"the reference point must have {len(AXES)} numbers, PAS %, cores, violations %, not {reference}"
        )
    given = np.array(reference, dtype=np.float64)
    if (np.where(IS_GAIN, best - given, given - best) <= 0).any():
        raise InputError(f"the reference point {reference} must be worse than the best in each axis, {best.tolist()}")
    return Box(given, best)


def volume(means: Floats, box: Box) -> float:
    """The share of the box that points, shape (n, axes), dominate: their hypervolume divided by that of the box."""
    from moocore import hypervolume

    return float(hypervolume(means, ref=box.reference, maximise=IS_GAIN) / np.prod(np.abs(box.best - box.reference)))


def on_front(means: Floats) -> NDArray[np.bool_]:
    """True for the points, shape (n, axes), that no other dominates; of equal ones for all."""
    from moocore import is_nondominated

    return np.asarray(is_nondominated(means, maximise=IS_GAIN, keep_weakly=True))


def volume_interval(points: Points, agent: str, box: Box) -> Interval:
    """The hypervolume of the agent's points with its 95 % interval: seeds are drawn anew, the same for all weights."""
    own = points.of_agent[agent]
    return _interval(own.shape[1], lambda drawn: volume(own[:, drawn].mean(axis=1), box))


def difference_interval(points: Points, agent: str, other: str, box: Box) -> Interval:
    """The agent's hypervolume minus the other's on the same seeds, with its 95 % interval."""
    own, theirs = points.of_agent[agent], points.of_agent[other]

    def apart(drawn: NDArray[np.int64]) -> float:
        return volume(own[:, drawn].mean(axis=1), box) - volume(theirs[:, drawn].mean(axis=1), box)

    return _interval(own.shape[1], apart)


def _interval(seeds: int, statistic: Callable[[NDArray[np.int64]], float]) -> Interval:
    value = statistic(np.arange(seeds))
    if seeds < 2:
        return Interval(value, None, None)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    drawn = bootstrap(
        (np.arange(seeds),), statistic, n_resamples=RESAMPLES, vectorized=False, method="percentile", rng=rng
    )
    bounds = drawn.confidence_interval
    return Interval(value, float(bounds.low), float(bounds.high))
