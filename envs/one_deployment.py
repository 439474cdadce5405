"""The knobs of a stage that runs one deployment: variant, replicas, batch size, cores."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Limits, StageSetting, cores_of
from ipagym.model.deployments import Deployments, no_deployments
from ipagym.model.pipeline import Stage

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]

KNOBS = ("variant", "replicas", "batch", "cores")


class OneDeployment:
    """A dimension of the action for each knob that has more than one value; the others stay at the one they have.

    Cores are those that any variant was measured on. A variant that was not measured on what an action asks for gets
    the next fewer cores that it was measured on, or its fewest.
    """

    def __init__(self, stage: Stage, limits: Limits) -> None:
        self.stage = stage
        self.limits = limits
        choices = [variant.core_choices for variant in stage.variants]
        is_scalable = any(len(each) > 1 for each in choices)
        self._cores = sorted({cores for each in choices for cores in each}) if is_scalable else [0]
        self._granted = np.array([[_granted(each, asked) for asked in self._cores] for each in choices])
        self._values: dict[str, Sequence[int]] = {
            "variant": range(len(stage.variants)),
            "replicas": range(1, limits.max_replicas + 1),
            "batch": stage.batches,
            "cores": self._cores,
        }
        self._open = [knob for knob in KNOBS if len(self._values[knob]) > 1]

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each dimension, such as `crop.variant`."""
        return tuple(f"{self.stage.name}.{knob}" for knob in self._open)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each dimension."""
        return tuple(len(self._values[knob]) for knob in self._open)

    def records(self, indices: Indices) -> Deployments:
        """What actions, shape (n, dimensions), ask for: records of shape (n, 1)."""
        records = no_deployments(len(indices), 1)[:, 0]
        chosen = {knob: indices[:, self._open.index(knob)] if knob in self._open else 0 for knob in KNOBS}
        for knob in ("variant", "replicas", "batch"):
            records[knob] = np.array(self._values[knob])[chosen[knob]]
        records["cores"] = self._granted[records["variant"], chosen["cores"]]
        records["weight"] = 1.0
        return records[:, np.newaxis]

    def indices(self, setting: StageSetting) -> list[int]:
        """The part of an action that stands for a setting."""
        names = [variant.name for variant in self.stage.variants]
        chosen = {
            "variant": names.index(setting.variant),
            "replicas": setting.replicas,
            "batch": setting.batch,
            "cores": cores_of(setting, self.stage),
        }
        return [list(self._values[knob]).index(chosen[knob]) for knob in self._open]

    def masks(self) -> list[Flags]:
        """Which values may be chosen.

        A variant is masked where no node is large enough for one replica of it; a number of replicas where even the
        stage's lightest variant would need more cores than the cluster has.
        """
        nodes = self.limits.node_cores
        least = np.array([variant.core_choices[0] for variant in self.stage.variants])
        largest, total = (np.inf, np.inf) if nodes is None else (max(nodes), sum(nodes))
        allowed = {
            "variant": least <= largest,
            "replicas": np.array(self._values["replicas"]) * least.min() <= total,
            "batch": np.full(len(self._values["batch"]), True),
            "cores": np.array(self._values["cores"]) <= largest,
        }
        return [allowed[knob] for knob in self._open]

    @property
    def observed_names(self) -> tuple[str, ...]:
        """Names of what `observed` gives."""
        return ("variant", "replicas", "batch", *(("cores",) if "cores" in self._open else ()))

    def observed(self, records: Deployments) -> NDArray[np.float64]:
        """The knobs in force, shape (n, names), scaled to [0, 1]; `records` are of shape (n, 1)."""
        record = records[:, 0]
        batch = np.searchsorted(np.array(self.stage.batches), record["batch"])
        columns = [
            record["variant"] / max(1, len(self.stage.variants) - 1),
            record["replicas"] / self.limits.max_replicas,
            batch / max(1, len(self.stage.batches) - 1),
        ]
        if "cores" in self._open:
            columns.append(record["cores"] / self._cores[-1])
        return np.stack(columns, axis=1)


def _granted(choices: Sequence[int], asked: int) -> int:
    """The most of the rising choices that is not above what is asked for, or the first."""
    return max((cores for cores in choices if cores <= asked), default=choices[0])
