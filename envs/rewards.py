"""The reward of an environment: a number or a vector, computed from the terms of each window."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from numpy.typing import NDArray

from ipagym.envs.reference_returns import reference_scale
from ipagym.system.errors import InputError, unknown_name
from ipagym.system.import_path import as_input_error, imported, is_import_path
from ipagym.task.objective import Objective, RewardTerms
from ipagym.task.scenario import Scenario

Values = NDArray[np.float64]
OwnReward = Callable[[RewardTerms[Any]], Any]
"""A function of terms: floats of one window give one number, arrays of n windows give n numbers."""

NAMES = ("scalar", "normalised", "vector")

VECTOR_TERMS = ("accuracy", "cost", "violation")
"""The default terms of the vector reward: the ones that the papers trade off."""

NEVER_NEGATIVE = {"accuracy": (0.0, 1.0), "violation": (-1.0, 0.0)}
"""Bounds of terms in the vector, after the change of sign; the other terms are costs, at most 0."""


class RewardRule:
    """Turns terms into rewards.

    `scalar` is the objective's weighted sum. `normalised` is the same, shifted and scaled such that an episode has
    about −1 per window with random decisions and about 0 with the clairvoyant (from the reference returns of the
    scenario called `name`). `vector` has the chosen terms, with costs negated, so that more is better. Any other value
    is a function of the terms, or the import path of one.

    Raises:
        InputError: the name is unknown, or the function does not exist.
    """

    def __init__(
        self,
        given: str | OwnReward,
        scenario: Scenario,
        terms: Sequence[str] = VECTOR_TERMS,
        name: str | None = None,
    ) -> None:
        self.name = given if isinstance(given, str) else getattr(given, "__name__", type(given).__name__)
        self.space: Box | None = None
        self._rule = self._chosen(given, scenario.objective, name)
        if given == "vector":
            self._terms = _checked_terms(terms)
            bounds = [NEVER_NEGATIVE.get(name, (-np.inf, 0.0)) for name in self._terms]
            low, high = (np.array(each, dtype=np.float64) for each in zip(*bounds, strict=True))
            self.space = Box(low, high, dtype=np.float64)

    def of_one(self, terms: RewardTerms[float]) -> Any:
        """The reward of a window: a float, or an array of shape (terms,)."""
        return self._rule(terms) if self.space is not None else float(self._sound(self._called(terms), ()))

    def of_many(self, terms: RewardTerms[Values]) -> Values:
        """The rewards of n windows, shape (n,), or (n, terms)."""
        if self.space is not None:
            return np.asarray(self._rule(terms))
        return self._sound(self._called(terms), terms.accuracy.shape)

    def _called(self, terms: RewardTerms[Any]) -> Any:
        with as_input_error(f"reward {self.name} cannot be computed from the terms"):
            return self._rule(terms)

    def _chosen(self, given: str | OwnReward, objective: Objective, name: str | None) -> OwnReward:
        if callable(given):
            return given
        if given == "scalar":
            return objective.scalar
        if given == "normalised":
            scale = reference_scale(name)
            if scale is None:
                raise InputError("reward normalised needs a scenario of the package, whose scale is known")
            offset, divisor = scale
            return lambda terms: (objective.scalar(terms) - offset) / divisor
        if given == "vector":
            return self._vector
        if isinstance(given, str) and is_import_path(given):
            found = imported(given, "reward")
            if callable(found):
                return found
            raise InputError(f"reward {given} must be a function of the terms, not {type(found).__name__}")
        raise unknown_name("reward", str(given), [*NAMES, "module:function"])

    def _vector(self, terms: RewardTerms[Any]) -> Values:
        values = [getattr(terms, name) if name == "accuracy" else -getattr(terms, name) for name in self._terms]
        return np.stack([np.asarray(value, dtype=np.float64) for value in values], axis=-1)

    def _sound(self, rewards: Any, shape: tuple[int, ...]) -> Values:
        try:
            array = np.asarray(rewards, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(f"reward {self.name} must give numbers, not {rewards!r}") from None
        if array.shape != shape or not np.isfinite(array).all():
            raise InputError(f"reward {self.name} must give finite numbers of shape {shape}, not {rewards!r}")
        return array


def _checked_terms(names: Sequence[str]) -> tuple[str, ...]:
    known = [each.name for each in fields(RewardTerms)]
    for name in names:
        if name not in known:
            raise unknown_name("reward term", str(name), known)
    if not names or len(set(names)) < len(names) or isinstance(names, str):
        raise InputError(f"reward_terms must be some of {', '.join(known)}, each once, not {names!r}")
    return tuple(names)
