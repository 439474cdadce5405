"""Other forms of an action, for learners that need one number, or numbers on a scale. All work on arrays.

A form has a `space`. `indices(actions, current)` returns the actions of the codec, shape (n, dimensions). If the space
is discrete, `masks(current)` returns flags of the actions that are feasible or that change something, shape (n,
actions). `current` are the codec's actions for the configurations in force, shape (n, dimensions).
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
"""Most actions of a flat space; a network has an output for each."""

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
    """Hold, or move one knob a step: 0 holds, 1 + 2·d moves dimension d of the codec down, 2 + 2·d moves it up. A step
    beyond the limits or beyond the choices holds.
    """

    def __init__(self, codec: Codec) -> None:
        self._sizes = np.array(codec.sizes)
        self._masks = Masks(codec)
        self.space = Discrete(1 + 2 * len(self._sizes))
        self.names = ("hold", *(f"{name} {way}" for name in codec.names for way in ("down", "up")))

    def indices(self, actions: Indices, current: Indices) -> Indices:
        """The configurations in force, each after one step."""
        moved = current.copy()
        rows = np.flatnonzero(actions > 0)
        knob, way = np.divmod(actions[rows] - 1, 2)
        moved[rows, knob] += 2 * way - 1
        inside = np.asarray(((moved >= 0) & (moved < self._sizes)).all(axis=1))
        moved = np.where(inside[:, np.newaxis], moved, current)
        return np.where(self._masks.feasible(moved)[:, np.newaxis], moved, current)

    def masks(self, current: Indices) -> Flags:
        """Flags of holding, and of the steps that have an effect."""
        number = int(self.space.n)
        rows = np.repeat(current, number, axis=0)
        moved = self.indices(np.tile(np.arange(number), len(current)), rows)
        flags = (moved != rows).any(axis=1).reshape(len(current), number)
        flags[:, 0] = True
        return np.asarray(flags)


class Flat:
    """All actions of the codec as one number; the last dimension varies fastest."""

    def __init__(self, codec: Codec) -> None:
        self._sizes = codec.sizes
        number = prod(self._sizes)
        if number > MOST_FLAT:
            raise InputError(f"{number:,} actions are too many for FlatAction ({MOST_FLAT:,} at most): use StepAction")
        self.space = Discrete(number)
        every = np.stack(np.unravel_index(np.arange(number), self._sizes), axis=1)
        self._feasible = Masks(codec).feasible(every)

    def indices(self, actions: Indices, current: Indices) -> Indices:
        """The actions with those numbers."""
        return np.stack(np.unravel_index(actions, self._sizes), axis=1)

    def masks(self, current: Indices) -> Flags:
        """Flags of the actions that the limits allow."""
        return np.tile(self._feasible, (len(current), 1))


class OnScale:
    """A number in [−1, 1] for each dimension of the codec; each value has an equal part of that range."""

    def __init__(self, codec: Codec) -> None:
        self._sizes = np.array(codec.sizes)
        self.space = Box(-1.0, 1.0, shape=self._sizes.shape, dtype=np.float32)

    def indices(self, actions: NDArray[Any], current: Indices) -> Indices:
        """The part in which each number lies."""
        return values_on_scale(actions, self._sizes)


def values_on_scale(numbers: NDArray[Any], sizes: Indices) -> Indices:
    """For n rows of numbers in [−1, 1], the index of the part that holds each, of `sizes` equal parts, shape (n,
    dimensions).
    """
    places = (np.asarray(numbers, dtype=np.float64) + 1) / 2 * sizes
    return np.asarray(np.clip(places.astype(np.int64), 0, sizes - 1))


class Shares:
    """A total of cores, and the shares of a stage's variants in it. The budget is never exceeded.

    For one stage that runs several variants under `max_cores`. The first dimension is the total minus one; the others
    are the shares, and the batch if it is open. Cores are divided in proportion to the shares, rounded by the largest
    remainder. If all shares are 0, the lightest variant gets all cores.
    """

    def __init__(self, codec: Codec) -> None:
        stage, most = codec.stages[0], codec.limits.max_cores
        if len(codec.stages) > 1 or not isinstance(stage, SeveralDeployments) or most is None:
            raise InputError("ShareAction needs one stage that runs several variants under max_cores: use StepAction")
        choices = [variant.core_choices for variant in stage.stage.variants]
        if codec.limits.max_replicas > 1 or any(each != tuple(range(1, most + 1)) for each in choices):
            raise InputError(
                f"ShareAction needs one replica of each variant, on any of 1..{most} cores: use StepAction"
            )
        self._variants = len(choices)
        self._lightest = [variant.name for variant in stage.stage.variants].index(stage.stage.lightest.name)
        self._width = codec.limits.max_deployments
        batches = codec.sizes[self._variants :]
        self.space = MultiDiscrete([most, *[SHARES] * self._variants, *batches])

    def indices(self, actions: Indices, current: Indices) -> Indices:
        """The cores of each variant; these are the values of its dimension."""
        total, shares = 1 + actions[:, :1], np.array(actions[:, 1 : 1 + self._variants], dtype=np.float64)
        shares[~shares.any(axis=1), self._lightest] = 1.0
        largest = np.argsort(-shares, axis=1, kind="stable")
        np.put_along_axis(shares, largest[:, self._width :], 0.0, axis=1)
        exact = total * shares / shares.sum(axis=1, keepdims=True)
        cores = np.floor(exact + 1e-9).astype(np.int64)
        left = total - cores.sum(axis=1, keepdims=True)
        rank = np.argsort(np.argsort(cores - exact, axis=1, kind="stable"), axis=1, kind="stable")
        return np.concatenate([cores + (rank < left), actions[:, 1 + self._variants :]], axis=1)
