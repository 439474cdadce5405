"""Positive random variables of mean 1, by name: what gaps between requests and service times are made of."""

from collections.abc import Callable
from math import log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]
"""Draws so many values; drawing them one by one gives the same."""

NAMES = ("constant", "exponential", "gamma:CV", "lognormal:CV")
SMALLEST_CV, LARGEST_CV = 0.05, 20.0


def parse(rule: str, what: str = "distribution") -> Draw:
    """The distribution named by `rule`, one of `NAMES` with 0.05 <= CV <= 20, the coefficient of variation.

    Raises:
        InputError: no such distribution of `what`, or CV out of range.
    """
    family, colon, text = rule.partition(":")
    if rule == "constant":
        return lambda rng, size: np.ones(size)
    if rule == "exponential":
        return lambda rng, size: rng.standard_exponential(size)
    if colon and family == "gamma":
        shape = _cv(rule, text, what) ** -2.0
        return lambda rng, size: rng.standard_gamma(shape, size) / shape
    if colon and family == "lognormal":
        variance = log1p(_cv(rule, text, what) ** 2)
        return lambda rng, size: rng.lognormal(-variance / 2, sqrt(variance), size)
    raise InputError(f"unknown {what} {rule!r}: choose {', '.join(NAMES[:-1])} or {NAMES[-1]}")


def _cv(rule: str, text: str, what: str) -> float:
    try:
        cv = float(text)
    except ValueError:
        cv = float("nan")
    if not SMALLEST_CV <= cv <= LARGEST_CV:
        raise InputError(
            f"{what} {rule!r}: the coefficient of variation must be a number in {SMALLEST_CV:g}..{LARGEST_CV:g}"
        )
    return cv
