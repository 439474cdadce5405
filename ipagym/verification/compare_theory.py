"""Engines against exact results: means over independent runs, with their confidence intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from ipagym.bench.comparison.confidence import half_width
from ipagym.cluster.sim.engine import Engine
from ipagym.verification.model import Model, Quantity
from ipagym.verification.observed import observe

STANDARD_ERRORS = 3.0
"""The distance of a mean from the exact value that is allowed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A quantity of a model on one engine: exact value, mean over runs and half width of its 95 % interval."""

    family: str
    model: str
    quantity: str
    exact: float
    engine: str
    mean: float
    half_width: float
    passed: bool

    @property
    def error_percent(self) -> float:
        """The error of the mean, in percent of the exact value (of 1 where that is 0)."""
        return 100 * (self.mean - self.exact) / (self.exact or 1.0)

    @property
    def half_width_percent(self) -> float:
        """Half width of the 95 % interval in percent of the exact value (of 1 where that is 0)."""
        return 100 * self.half_width / (self.exact or 1.0)


def measure(model: Model, engine: Engine, seeds: Sequence[int], seconds: int) -> NDArray[np.float64]:
    """The model's quantities in runs of so many seconds, shape (seeds, quantities)."""
    chosen = model.scenario(seconds)

    def run(seed: int) -> list[float]:
        observed = observe(chosen, engine, seed)
        return [quantity.measure(observed) for quantity in model.quantities]

    return np.array([run(seed) for seed in seeds])


def rows(model: Model, engine: str, values: NDArray[np.float64], largest_error: float) -> list[Row]:
    """The result for each quantity: it passes within three standard errors and `largest_error`, a share."""
    return [
        _row(model, quantity, engine, values[:, i], largest_error) for i, quantity in enumerate(model.quantities)
    ]  # fmt: skip


def _row(model: Model, quantity: Quantity, engine: str, values: NDArray[np.float64], largest_error: float) -> Row:
    mean, error = float(values.mean()), float(values.std(ddof=1)) / sqrt(len(values))
    distance = abs(mean - quantity.exact)
    return Row(
        family=model.family,
        model=model.name,
        quantity=quantity.name,
        exact=quantity.exact,
        engine=engine,
        mean=mean,
        half_width=half_width(values.tolist()),
        passed=bool(distance <= STANDARD_ERRORS * error and distance <= largest_error * (quantity.exact or 1.0)),
    )
