"""The forms in which algorithms choose the values of a view's heads."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete, Space
from numpy.typing import NDArray

from ipagym.envs.action_forms import values_on_scale
from ipagym.system.errors import InputError

Heads = tuple[int, ...]
Values = NDArray[np.int64]

MOST_NUMBERED = 10_000
"""Most actions of a numbered space: the network has an output for each."""


@dataclass(frozen=True, slots=True)
class LearnerActions:
    """The space of an algorithm's actions, and a function from n actions to values of the heads, shape (n, heads)."""

    space: Space[Any]
    values: Callable[[NDArray[Any]], Values]


def by_head(heads: Heads) -> LearnerActions:
    """A value for each head."""
    return LearnerActions(MultiDiscrete(np.array(heads)), lambda actions: actions)


def numbered(heads: Heads) -> LearnerActions:
    """A number for each combination of values, the last head's changing fastest.

    Raises:
        InputError: there are too many.
    """
    number = prod(heads)
    if number > MOST_NUMBERED:
        raise InputError(
            f"dqn has {number:,} actions here, {MOST_NUMBERED:,} being the most: set `action: steps` in its recipe"
        )
    return LearnerActions(
        Discrete(number), lambda actions: np.stack(np.unravel_index(actions.reshape(-1), heads), axis=1)
    )


def on_scale(heads: Heads) -> LearnerActions:
    """A number in [−1, 1] for each head; each value has an equal part of that range."""
    sizes = np.array(heads)
    box = Box(-1.0, 1.0, shape=sizes.shape, dtype=np.float32)
    return LearnerActions(box, lambda actions: values_on_scale(actions, sizes))
