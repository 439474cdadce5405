"""Other forms of an action, for learners that want one number, or numbers on a scale; over arrays.

A form has a `space`, `indices(actions, current)` gives the actions of the codec, shape (n, dimensions), and
`masks(current)` flags of the actions that change something, or that can be had, shape (n, actions), where the space is
discrete. `current` are the actions of the codec that stand for what is in force, shape (n, dimensions).
"""

from math import prod
from typing import Any, Protocol

import numpy as np
from gymnasium.spaces import Box, Discrete, MultiDiscrete, Space
from numpy.typing import NDArray

from ipagym.envs.codec import Codec
from ipagym.envs.masks import Masks
from ipagym.envs.several_deployments import SeveralDeployments
from ipagym.system.errors import InputError

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

MOST_FLAT = 100_000
"""Actions that are numbered through, at most; a network has an output for each."""

SHARES = 5
"""Levels of a variant's share of the cores, 0 … 4."""


class Form(Protocol):
    """A form of actions for the environments of a codec."""

    @property
    def space(self) -> Space[Any]:
        """The space of one action."""

    def indices(self, actions: NDArray[Any], current: Indices) -> Indices:
        """The actions of the codec."""


class Steps:
    """Hold, or one knob a step down or up: 0 holds, 1 + 2·d takes dimension d of the codec down, 2 + 2·d takes it up.

    A step that the limits have no room for, or that leaves the choices, holds.
    """

    def __init__(self, codec: Codec) -> None:
        self._sizes = np.array(codec.sizes)
        self._masks = Masks(codec)
        self.space = Discrete(1 + 2 * len(self._sizes))
        self.names = ("hold", *(f"{name} {way}" for name in codec.names for way in ("down", "up")))

    def indices(self, actions: Indices, current: Indices) -> Indices:
        """The configurations in force, each a step further."""
        moved = current.copy()
        rows = np.flatnonzero(actions > 0)
        knob, way = np.divmod(actions[rows] - 1, 2)
        moved[rows, knob] += 2 * way - 1
        inside = np.asarray(((moved >= 0) & (moved < self._sizes)).all(axis=1))
        moved = np.where(inside[:, np.newaxis], moved, current)
        return np.where(self._masks.feasible(moved)[:, np.newaxis], moved, current)

    def masks(self, current: Indices) -> Flags:
        """Flags of holding, and of the steps that are not held."""
        number = int(self.space.n)
        rows = np.repeat(current, number, axis=0)
        moved = self.indices(np.tile(np.arange(number), len(current)), rows)
        flags = (moved != rows).any(axis=1).reshape(len(current), number)
        flags[:, 0] = True
        return np.asarray(flags)


class Flat:
    """All actions of the codec numbered through, the last dimension fastest."""

    def __init__(self, codec: Codec) -> None:
        self._sizes = codec.sizes
        number = prod(self._sizes)
        if number > MOST_FLAT:
            raise InputError(f"{number:,} actions are too many for a flat one ({MOST_FLAT:,} at most): take StepAction")
        self.space = Discrete(number)
        every = np.stack(np.unravel_index(np.arange(number), self._sizes), axis=1)
        self._feasible = Masks(codec).feasible(every)

    def indices(self, actions: Indices, current: Indices) -> Indices:
        """The actions of those numbers."""
        return np.stack(np.unravel_index(actions, self._sizes), axis=1)

    def masks(self, current: Indices) -> Flags:
        """Flags of the actions that the limits have room for."""
        return np.tile(self._feasible, (len(current), 1))


class OnScale:
    """A number in [−1, 1] for each dimension of the codec; that range is cut into one equal part for each value."""

    def __init__(self, codec: Codec) -> None:
        self._sizes = np.array(codec.sizes)
        self.space = Box(-1.0, 1.0, shape=self._sizes.shape, dtype=np.float32)

    def indices(self, actions: NDArray[Any], current: Indices) -> Indices:
        """The part in which each number lies."""
        return values_on_scale(actions, self._sizes)


def values_on_scale(numbers: NDArray[Any], sizes: Indices) -> Indices:
    """The part in which each of n rows of numbers in [−1, 1] lies, shape (n, dimensions); of `sizes` equal parts."""
    places = (np.asarray(numbers, dtype=np.float64) + 1) / 2 * sizes
    return np.asarray(np.clip(places.astype(np.int64), 0, sizes - 1))


class Shares:
    """A total of cores, and shares of it for the variants of a stage: never more than the budget.

    For one stage that runs several variants under `max_cores`. The first dimension is the total less one, the others
    are the shares, and the batch where that is open. Cores are shared out in proportion, whole ones by the largest
    remainder; without a share at all the lightest variant has them.
    """

    def __init__(self, codec: Codec) -> None:
        stage, most = codec.stages[0], codec.limits.max_cores
        if len(codec.stages) > 1 or not isinstance(stage, SeveralDeployments) or most is None:
            raise InputError("ShareAction needs one stage that runs several variants under max_cores: take StepAction")
        choices = [variant.core_choices for variant in stage.stage.variants]
        if codec.limits.max_replicas > 1 or any(each != tuple(range(1, most + 1)) for each in choices):
            raise InputError(
                f"ShareAction needs one replica of each variant, on any of 1..{most} cores: take StepAction"
            )
        self._variants = len(choices)
        self._lightest = [variant.name for variant in stage.stage.variants].index(stage.stage.lightest.name)
        self._width = codec.limits.max_deployments
        batches = codec.sizes[self._variants :]
        self.space = MultiDiscrete([most, *[SHARES] * self._variants, *batches])

    def indices(self, actions: Indices, current: Indices) -> Indices:
        """The cores of each variant, which are the values of its dimension."""
        total, shares = 1 + actions[:, :1], np.array(actions[:, 1 : 1 + self._variants], dtype=np.float64)
        shares[~shares.any(axis=1), self._lightest] = 1.0
        largest = np.argsort(-shares, axis=1, kind="stable")
        np.put_along_axis(shares, largest[:, self._width :], 0.0, axis=1)
        exact = total * shares / shares.sum(axis=1, keepdims=True)
        cores = np.floor(exact + 1e-9).astype(np.int64)
        left = total - cores.sum(axis=1, keepdims=True)
        rank = np.argsort(np.argsort(cores - exact, axis=1, kind="stable"), axis=1, kind="stable")
        return np.concatenate([cores + (rank < left), actions[:, 1 + self._variants :]], axis=1)
