"""The part of an action for a stage that runs one deployment: a dimension for each of its open knobs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Limits
from ipagym.model.deployments import Deployments, no_deployments
from ipagym.model.knobs import KNOBS, VARIANT, Knob
from ipagym.model.pipeline import Stage
from ipagym.system.errors import InputError

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


class OneDeployment:
    """A dimension of the action for each knob with more than one value; the others keep their only value.

    If the choices of a knob differ between variants, as for cores, the dimension has the choices of all variants. A
    variant without the requested choice gets its next smaller one, or its first.
    """

    def __init__(self, stage: Stage, limits: Limits) -> None:
        self.stage = stage
        self.limits = limits
        self._values = {knob.name: list(knob.choices(stage, limits)) for knob in KNOBS}
        self._granted = {knob.name: self._granted_of(knob) for knob in KNOBS}
        self._open = [knob for knob in KNOBS if len(self._values[knob.name]) > 1]

    def _granted_of(self, knob: Knob) -> Indices:
        """The value that each variant gets for each requested value, shape (variants, values)."""
        choices = [np.array(knob.choices_of(variant, self.stage, self.limits)) for variant in self.stage.variants]
        return np.array([_granted(each, self._values[knob.name]) for each in choices])

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each dimension, such as `crop.variant`."""
        return tuple(f"{self.stage.name}.{knob.name}" for knob in self._open)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each dimension."""
        return tuple(len(self._values[knob.name]) for knob in self._open)

    def records(self, indices: Indices) -> Deployments:
        """Deployments that actions, shape (n, dimensions), request: records of shape (n, 1)."""
        records = no_deployments(len(indices), 1)[:, 0]
        records[VARIANT.name] = 0
        for knob in KNOBS:
            chosen = indices[:, self._open.index(knob)] if knob in self._open else 0
            variant = chosen if knob is VARIANT else records[VARIANT.name]
            records[knob.name] = self._granted[knob.name][variant, chosen]
        records["weight"] = 1.0
        return records[:, np.newaxis]

    def indices_of(self, records: Deployments) -> Indices:
        """The parts of actions, shape (n, dimensions), for records of shape (n, 1).

        Raises:
            InputError: the value of a knob is not among its choices.
        """
        indices, first = np.empty((len(records), len(self._open)), dtype=np.int64), records[:, 0]
        for i, knob in enumerate(self._open):
            values = np.array(self._values[knob.name])
            indices[:, i] = np.minimum(np.searchsorted(values, first[knob.name]), len(values) - 1)
            wrong = values[indices[:, i]] != first[knob.name]
            if wrong.any():
                value = first[knob.name][wrong][0]
                raise InputError(f"{knob.name} {value} of stage {self.stage.name} is not among its choices here")
        return indices

    def completed(self, indices: Indices) -> Indices:
        """The actions, shape (n, dimensions), with the lowest value in each dimension that is −1."""
        least = np.zeros(len(self._open), dtype=np.int64)
        if VARIANT in self._open:
            least[self._open.index(VARIANT)] = np.argmin([each.core_choices[0] for each in self.stage.variants])
        return np.where(indices < 0, least, indices)

    def stands(self, indices: Indices) -> Flags:
        """True for actions, shape (n, dimensions), whose variant has exactly the requested values."""
        records, flags = self.records(indices)[:, 0], np.ones(len(indices), dtype=np.bool_)
        for i, knob in enumerate(self._open):
            flags &= records[knob.name] == np.array(self._values[knob.name])[indices[:, i]]
        return flags

    @property
    def observed_names(self) -> tuple[str, ...]:
        """Names of the entries of `observed`: the open knobs."""
        return tuple(knob.name for knob in self._open)

    def observed(self, records: Deployments) -> NDArray[np.float64]:
        """The knobs in force, shape (n, names), scaled to [0, 1]; `records` have shape (n, 1)."""
        values, first = np.empty((len(records), len(self._open))), records[:, 0]
        for i, knob in enumerate(self._open):
            values[:, i] = self._scaled(knob, first[knob.name])
        return values

    def _scaled(self, knob: Knob, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        values = self._values[knob.name]
        if knob.scale == "size":
            return np.asarray(numbers / values[-1])
        return np.asarray(np.searchsorted(np.array(values), numbers) / max(1, len(values) - 1))


def _granted(choices: Indices, asked: Sequence[int]) -> Indices:
    """For each requested number, the largest of the ascending choices that is not above it, or the first."""
    return choices[np.maximum(np.searchsorted(choices, asked, side="right") - 1, 0)]
