"""Actions as arrays of indices, configurations as values: a bijection between them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import MultiDiscrete
from numpy.typing import ArrayLike, NDArray

from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.errors import InputError
from ipagym.pipeline import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class Codec:
    """Encodes a configuration as (variant index, replicas − 1, batch index) per stage, in pipeline order."""

    pipeline: Pipeline
    limits: Limits

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each dimension, three per stage."""
        return tuple(
            size
            for stage in self.pipeline.stages
            for size in (len(stage.variants), self.limits.max_replicas, len(stage.batches))
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each dimension, such as `crop.variant`."""
        return tuple(f"{s.name}.{knob}" for s in self.pipeline.stages for knob in ("variant", "replicas", "batch"))

    def space(self) -> MultiDiscrete:
        """The action space."""
        return MultiDiscrete(np.array(self.sizes, dtype=np.int64))

    def decode(self, action: ArrayLike) -> Configuration:
        """The configuration that `action`, shape (3 · stages,), stands for.

        Raises:
            InputError: the action has the wrong shape, is not of integers, or is out of range; the knob is named.
        """
        indices = self.checked(as_array(action, "action")[np.newaxis], 1)[0].tolist()
        triples = zip(self.pipeline.stages, indices[0::3], indices[1::3], indices[2::3], strict=True)
        return Configuration(tuple(_setting(stage, *triple) for stage, *triple in triples))

    def encode(self, configuration: Configuration) -> NDArray[np.int64]:
        """The action, shape (3 · stages,), that stands for `configuration`."""
        indices: list[int] = []
        for setting, stage in zip(configuration.stages, self.pipeline.stages, strict=True):
            names = [variant.name for variant in stage.variants]
            indices += [names.index(setting.variant), setting.replicas - 1, stage.batches.index(setting.batch)]
        return np.array(indices, dtype=np.int64)

    def masks(self) -> NDArray[np.bool_]:
        """Which values may be chosen, flat over all dimensions, shape (sum of sizes,).

        A variant is masked where no node is large enough for one replica of it; a number of replicas where even the
        stage's lightest variant would need more cores than the cluster has.
        """
        parts = [part for stage in self.pipeline.stages for part in self._stage_masks(stage)]
        return np.concatenate(parts)

    def _stage_masks(self, stage: Stage) -> list[NDArray[np.bool_]]:
        nodes = self.limits.node_cores
        cores = np.array([variant.base_cores for variant in stage.variants])
        replicas = np.arange(1, self.limits.max_replicas + 1)
        fits = np.full(len(cores), True) if nodes is None else cores <= max(nodes)
        room = np.full(len(replicas), True) if nodes is None else replicas * cores.min() <= sum(nodes)
        return [fits, room, np.full(len(stage.batches), True)]

    def checked(self, actions: ArrayLike, number: int) -> NDArray[np.int64]:
        """The actions, shape (number, 3 · stages), as integers.

        Raises:
            InputError: they have the wrong shape, are not of integers, or are out of range; the knob is named.
        """
        array, dimensions = as_array(actions, "action"), len(self.sizes)
        if array.shape != (number, dimensions) or not np.issubdtype(array.dtype, np.integer):
            raise InputError(
                f"action must be {dimensions} integers ({', '.join(self.names)}), "
                f"not {array.dtype} of shape {array.shape[1:]}"
            )
        wrong = (array < 0) | (array >= np.array(self.sizes))
        if wrong.any():
            which, knob = (int(index) for index in np.argwhere(wrong)[0])
            name, size = self.names[knob], self.sizes[knob]
            raise InputError(f"action {name} must be in 0..{size - 1}, not {array[which, knob]}")
        return array.astype(np.int64)


def as_array(given: Any, what: str) -> NDArray[Any]:
    """What was given, as an array.

    Raises:
        InputError: it cannot be one, its rows being of different lengths.
    """
    try:
        return np.asarray(given)
    except (ValueError, TypeError, OverflowError):
        raise InputError(f"{what} must be an array of numbers, with rows of one length") from None


def _setting(stage: Stage, variant: int, replicas: int, batch: int) -> StageSetting:
    return StageSetting(stage.variants[variant].name, replicas + 1, stage.batches[batch])
