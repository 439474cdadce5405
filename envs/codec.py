"""A bijection between actions (arrays of indices) and configurations (values)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium.spaces import MultiDiscrete
from numpy.typing import ArrayLike, NDArray

from ipagym.envs.capacity import Capacity
from ipagym.envs.one_deployment import OneDeployment
from ipagym.envs.several_deployments import SeveralDeployments
from ipagym.model.budget import within_budget
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.deployments import Deployments, configuration_of, deployments_of
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError


class Codec:
    """Encodes configurations as one index per open knob, stage by stage.

    If stages run one deployment (`max_deployments` 1), a stage's dimensions are those of `OneDeployment`, otherwise
    those of `SeveralDeployments`; deployments then share requests in proportion to their capacities. A configuration
    that requests more than `max_cores` is reduced (`ipagym.model.budget`).
    """

    def __init__(self, pipeline: Pipeline, limits: Limits) -> None:
        self.pipeline = pipeline
        self.limits = limits
        kind = OneDeployment if limits.max_deployments == 1 else SeveralDeployments
        self.stages: Sequence[OneDeployment | SeveralDeployments] = [kind(stage, limits) for stage in pipeline.stages]
        self._capacity = Capacity(pipeline)
        if not self.sizes:
            raise InputError(
                f"no knob of pipeline {pipeline.name} has more than one value: open a knob or raise a limit"
            )

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each dimension."""
        return tuple(size for stage in self.stages for size in stage.sizes)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each dimension, such as `crop.variant`."""
        return tuple(name for stage in self.stages for name in stage.names)

    def space(self) -> MultiDiscrete:
        """The action space."""
        return MultiDiscrete(np.array(self.sizes, dtype=np.int64))

    def decode(self, action: ArrayLike) -> Configuration:
        """The configuration that `action`, shape (dimensions,), encodes.

        Raises:
            InputError: the action has the wrong shape, is not of integers, or is out of range; the message names the
                knob.
        """
        return configuration_of(self.decode_records(action)[0], self.pipeline)

    def decode_records(self, action: ArrayLike) -> Deployments:
        """The same as records, shape (1, stages, max_deployments).

        Raises:
            InputError: as `decode` does.
        """
        return self.records(self.checked(as_array(action, "action")[np.newaxis], 1))

    def encode(self, configuration: Configuration) -> NDArray[np.int64]:
        """The action, shape (dimensions,), of `configuration`; weights are not encoded.

        Raises:
            InputError: the value of a knob is not among its choices.
        """
        records = deployments_of(configuration, self.pipeline, self.limits.max_deployments)
        return np.asarray(self.indices_of(records[np.newaxis])[0])

    def indices_of(self, records: Deployments) -> NDArray[np.int64]:
        """The actions, shape (n, dimensions), of records of shape (n, stages, max_deployments).

        Raises:
            InputError: the value of a knob is not among its choices.
        """
        parts = [stage.indices_of(records[:, s]) for s, stage in enumerate(self.stages)]
        return np.concatenate(parts, axis=1)

    def records(self, indices: NDArray[np.int64]) -> Deployments:
        """The deployments that actions, shape (n, dimensions), encode: records (n, stages, max_deployments)."""
        records = within_budget(self.asked(indices), self.pipeline, self.limits.max_cores)
        if self.limits.max_deployments > 1:
            records["weight"] = self._capacity.throughput_rps(records)
        return records

    def asked(self, indices: NDArray[np.int64]) -> Deployments:
        """Those records before the reduction to `max_cores`, without weights."""
        parts = self._parts(indices)
        return np.stack([stage.records(part) for stage, part in zip(self.stages, parts, strict=True)], axis=1)

    def completed(self, indices: NDArray[np.int64]) -> NDArray[np.int64]:
        """The actions, shape (n, dimensions), with the lowest value in each dimension that is −1."""
        parts = self._parts(indices)
        return np.concatenate([stage.completed(part) for stage, part in zip(self.stages, parts, strict=True)], axis=1)

    def stands(self, indices: NDArray[np.int64]) -> NDArray[np.bool_]:
        """True for actions, shape (n, dimensions), whose request every stage runs unchanged."""
        parts = self._parts(indices)
        flags = [stage.stands(part) for stage, part in zip(self.stages, parts, strict=True)]
        return np.asarray(np.all(flags, axis=0))

    def _parts(self, indices: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The dimensions of each stage."""
        return np.split(indices, np.cumsum([len(stage.sizes) for stage in self.stages])[:-1], axis=1)

    def checked(self, actions: ArrayLike, number: int) -> NDArray[np.int64]:
        """The actions, shape (number, dimensions), as integers.

        Raises:
            InputError: they have the wrong shape, are not of integers, or are out of range; the message names the knob.
        """
        array, dimensions = as_array(actions, "action"), len(self.sizes)
        if array.shape != (number, dimensions) or not np.issubdtype(array.dtype, np.integer):
            one = f"{dimensions} integers ({', '.join(self.names)})"
            wanted = one if number == 1 else f"{one} for each of {number} environments"
            shape = array.shape[1:] if number == 1 else array.shape
            raise InputError(f"action must be {wanted}, not {array.dtype} of shape {shape}")
        wrong = (array < 0) | (array >= np.array(self.sizes))
        if wrong.any():
            which, knob = (int(index) for index in np.argwhere(wrong)[0])
            name, size = self.names[knob], self.sizes[knob]
            raise InputError(f"action {name} must be in 0..{size - 1}, not {array[which, knob]}")
        return array.astype(np.int64)


def as_array(given: Any, what: str) -> NDArray[Any]:
    """The values given, as an array.

    Raises:
        InputError: there is no such array, as rows differ in length.
    """
    try:
        return np.asarray(given)
    except (ValueError, TypeError, OverflowError):
        raise InputError(f"{what} must be an array of numbers, with rows of one length") from None
