"""Weights of the objective as inputs of a learner, and the ranges from which they are drawn."""

from collections.abc import Mapping
from dataclasses import fields, replace
from math import log, log2, sqrt

import numpy as np

from ipagym.system.errors import InputError, unknown_name
from ipagym.task.objective import Objective

Ranges = Mapping[str, tuple[float, float]]
"""The lowest and the highest value of weights, by their names in `Objective`."""

PER_DOUBLING = 2
"""Levels per doubling of a weight: plans are for weights within 19 % of the requested ones."""

OF_PREFERENCES = 2**21
"""Combined with the seed of an episode to draw its weights, so that they are independent of other random draws."""


def check_ranges(ranges: Ranges) -> None:
    """Refuse ranges from which no weight can be drawn.

    Raises:
        InputError: a weight is unknown, or its range does not have two ascending positive numbers.
    """
    known = [each.name for each in fields(Objective)]
    for name, (low, high) in ranges.items():
        if name not in known:
            raise unknown_name("weight of the objective", name, known)
        if not 0 < low < high < float("inf"):
            raise InputError(f"preference {name} must rise from a number above 0 to a finite one, not {low} to {high}")


def times_own(factors: Ranges, objective: Objective) -> Ranges:
    """Ranges as multiples of an objective's own weights.

    Raises:
        InputError: such a weight is 0, so that all its multiples are 0.
    """
    for name in factors:
        if not getattr(objective, name) > 0:
            raise InputError(f"preference {name} cannot be drawn: the weight is 0 in this scenario; give it one there")
    own = {name: float(getattr(objective, name)) for name in factors}
    return {name: (low * own[name], high * own[name]) for name, (low, high) in factors.items()}


def check_within(objective: Objective, ranges: Ranges) -> None:
    """Refuse an objective with a weight out of its range.

    Raises:
        InputError: naming it.
    """
    for name, (low, high) in ranges.items():
        weight = getattr(objective, name)
        if not low * (1 - 1e-9) <= weight <= high * (1 + 1e-9):
            raise InputError(
                f"objective weight {name} is {weight:g}, and the policy knows {low:g} to {high:g}: give one of these, "
                "or train a policy with another --preference"
            )


def shown(objective: Objective, ranges: Ranges) -> list[float]:
    """The weights as entries of an observation: on a logarithmic scale, −1 at the lowest and 1 at the highest."""
    return [2 * log(getattr(objective, name) / low) / log(high / low) - 1 for name, (low, high) in ranges.items()]


def planned_for(objective: Objective, ranges: Ranges) -> Objective:
    """The objective with its weights at the nearest level, so that few plans have to be kept."""
    levels = {name: round(PER_DOUBLING * log2(getattr(objective, name) / low)) for name, (low, _) in ranges.items()}
    return replace(objective, **{name: ranges[name][0] * 2 ** (level / PER_DOUBLING) for name, level in levels.items()})


def drawn(objective: Objective, ranges: Ranges, seed: int) -> Objective:
    """The objective with the weights of the episode of that seed, drawn log-uniformly from their ranges."""
    shares = np.random.default_rng((seed, OF_PREFERENCES)).random(len(ranges)).tolist()
    weights = {
        name: low * (high / low) ** share for (name, (low, high)), share in zip(ranges.items(), shares, strict=True)
    }
    return replace(objective, **weights)


def scale(objective: Objective, ranges: Ranges) -> float:
    """The divisor of rewards under the objective that gives all weights comparable rewards: the mean of 1 and of the
    ratio of each weight to the geometric mean of its range.
    """
    factors = [getattr(objective, name) / sqrt(low * high) for name, (low, high) in ranges.items()]
    return float(np.mean([1.0, *factors]))
