"""The part of an action for a stage that runs one deployment: a dimension for each of its open knobs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Limits, StageSetting
from ipagym.model.deployments import Deployments, no_deployments
from ipagym.model.knobs import KNOBS, VARIANT, Flags, Knob
from ipagym.model.pipeline import Stage

Indices = NDArray[np.int64]


class OneDeployment:
    """A dimension of the action for each knob that has more than one value; the others stay at the one they have.

    Where the choices of a knob differ from variant to variant, as those of cores, a dimension holds the choices of all
    variants. A variant that lacks the one that an action asks for gets the next smaller one that it has, or its first.
    """

    def __init__(self, stage: Stage, limits: Limits) -> None:
        self.stage = stage
        self.limits = limits
        self._values = {knob.name: list(knob.choices(stage, limits)) for knob in KNOBS}
        self._granted = {knob.name: self._granted_of(knob) for knob in KNOBS}
        self._open = [knob for knob in KNOBS if len(self._values[knob.name]) > 1]

    def _granted_of(self, knob: Knob) -> Indices:
        """The value that each variant gets where the action asks for each of the values, shape (variants, values)."""
        choices = [knob.choices_of(variant, self.stage, self.limits) for variant in self.stage.variants]
        return np.array([[_granted(each, asked) for asked in self._values[knob.name]] for each in choices])

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each dimension, such as `crop.variant`."""
        return tuple(f"{self.stage.name}.{knob.name}" for knob in self._open)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each dimension."""
        return tuple(len(self._values[knob.name]) for knob in self._open)

    def records(self, indices: Indices) -> Deployments:
        """Deployments that actions, shape (n, dimensions), ask for: records of shape (n, 1)."""
        records = no_deployments(len(indices), 1)[:, 0]
        records[VARIANT.name] = 0
        for knob in KNOBS:
            chosen = indices[:, self._open.index(knob)] if knob in self._open else 0
            variant = chosen if knob is VARIANT else records[VARIANT.name]
            records[knob.name] = self._granted[knob.name][variant, chosen]
        records["weight"] = 1.0
        return records[:, np.newaxis]

    def indices(self, setting: StageSetting) -> list[int]:
        """The part of an action that stands for a setting."""
        return [self._values[knob.name].index(knob.read(setting.first, self.stage)) for knob in self._open]

    def masks(self) -> list[Flags]:
        """Flags of the values that may be chosen: those for which a cluster of these limits has room."""
        return [knob.allowed(self.stage, self.limits, self._values[knob.name]) for knob in self._open]

    @property
    def observed_names(self) -> tuple[str, ...]:
        """Names of what `observed` gives."""
        return tuple(knob.name for knob in self._observed)

    def observed(self, records: Deployments) -> NDArray[np.float64]:
        """The knobs in force, shape (n, names), scaled to [0, 1]; `records` are of shape (n, 1)."""
        return np.stack([self._scaled(knob, records[:, 0][knob.name]) for knob in self._observed], axis=1)

    @property
    def _observed(self) -> list[Knob]:
        return [knob for knob in KNOBS if knob in self._open or not knob.observed_if_open]

    def _scaled(self, knob: Knob, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        values = self._values[knob.name]
        if knob.scale == "size":
            return np.asarray(numbers / values[-1])
        return np.asarray(np.searchsorted(np.array(values), numbers) / max(1, len(values) - 1))


def _granted(choices: Sequence[int], asked: int) -> int:
    """The most of the rising choices that is not above what is asked for, or the first."""
    return max((value for value in choices if value <= asked), default=choices[0])
