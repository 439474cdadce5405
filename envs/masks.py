"""Masks of the feasible values of an action: budgets and nodes bind several knobs at once.

A mask of independent flags only says that a value is part of some feasible action. Flags after a prefix, one dimension
after the other, are exact: an action chosen in this way stays within the budget, fits on the nodes, and decodes to a
configuration that encodes to the same action.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ipagym.envs.codec import Codec
from ipagym.model.budget import requested
from ipagym.system.errors import InputError

Flags = NDArray[np.bool_]
Indices = NDArray[np.int64]

OPEN = -1
"""The index of a dimension that is not chosen yet."""


class Masks:
    """Masks of the actions of a codec."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._ends = np.cumsum(codec.sizes)
        self._starts = self._ends - np.array(codec.sizes)
        self._first: Flags | None = None

    def after(self, chosen: ArrayLike) -> Flags:
        """Flags of the feasible values, flat over all dimensions, shape (sum of sizes,).

        `chosen` are the values of the first dimensions, in which only the chosen values are true. The flags of the next
        dimension are exact; those of later ones hold if the dimensions in between have their lowest values.

        Raises:
            InputError: `chosen` is malformed, or no feasible action begins with it.
        """
        prefix = self._checked(chosen)
        if not len(prefix):
            if self._first is None:
                self._first = self._flags(prefix)
            return self._first.copy()
        return self._flags(prefix)

    def as_tuple(self, flags: Flags) -> tuple[NDArray[np.int8], ...]:
        """Flat flags in the form for `MultiDiscrete.sample`."""
        return tuple(np.split(flags.astype(np.int8), self._ends[:-1]))

    def random_action(self, rng: np.random.Generator) -> Indices:
        """A feasible action; each dimension is drawn uniformly from the values that are feasible after the previous
        ones.
        """
        action: list[int] = []
        for start, end in zip(self._starts, self._ends, strict=True):
            flags = self.after(np.array(action, dtype=np.int64))[start:end]
            action.append(int(rng.choice(np.flatnonzero(flags))))
        return np.array(action, dtype=np.int64)

    def _flags(self, prefix: Indices) -> Flags:
        """Whether each value of each dimension is feasible if all other open dimensions have their lowest values."""
        rows = np.full((self._ends[-1], len(self._ends)), OPEN)
        rows[:, : len(prefix)] = prefix
        for d in range(len(prefix), len(self._ends)):
            rows[self._starts[d] : self._ends[d], d] = np.arange(self._ends[d] - self._starts[d])
        flags = self.feasible(self._codec.completed(rows))
        for d, value in enumerate(prefix):
            flags[self._starts[d] : self._ends[d]] = False
            flags[self._starts[d] + value] = True
        if not all(flags[start:end].any() for start, end in zip(self._starts, self._ends, strict=True)):
            told = ", ".join(f"{name} {value}" for name, value in zip(self._codec.names, prefix, strict=False))
            raise InputError(f"no action begins with {told or 'anything'}: the limits leave no room for the rest")
        return flags

    def feasible(self, rows: Indices) -> Flags:
        """True for the actions, shape (n, dimensions), whose configurations the limits allow."""
        records, limits = self._codec.asked(rows), self._codec.limits
        flags = self._codec.stands(rows)
        if limits.max_cores is not None:
            flags &= requested(records) <= limits.max_cores
        if limits.node_cores is not None:
            from ipagym.model.placement_kernels import find_room

            deployments = np.stack([records[name] for name in ("variant", "replicas", "cores")], axis=-1)
            flags &= find_room(deployments, np.array(limits.node_cores))
        return flags

    def _checked(self, chosen: ArrayLike) -> Indices:
        array, sizes = np.asarray(chosen), np.array(self._codec.sizes)
        if array.ndim != 1 or len(array) > len(sizes) or (len(array) and not np.issubdtype(array.dtype, np.integer)):
            raise InputError(f"chosen must be at most {len(sizes)} integers, not {array.dtype} of shape {array.shape}")
        for name, size, value in zip(self._codec.names, sizes.tolist(), array.tolist(), strict=False):
            if not 0 <= value < size:
                raise InputError(f"chosen {name} must be in 0..{size - 1}, not {value}")
        return array.astype(np.int64)
