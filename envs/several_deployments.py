"""The knobs of a stage that runs several variants side by side: how large each deployment is, and the batch size."""

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Limits, StageSetting, cores_of
from ipagym.model.deployments import Deployments, no_deployments
from ipagym.model.pipeline import Stage

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


class SeveralDeployments:
    """A dimension of the action for each variant: none of it, or so many replicas on so many cores.

    Where the action asks for no variant at all, the lightest one runs in its smallest size; where it asks for more of
    them than there may be, the largest ones run.
    """

    def __init__(self, stage: Stage, limits: Limits) -> None:
        self.stage = stage
        self.limits = limits
        self._names = [variant.name for variant in stage.variants]
        replicas = range(1, limits.max_replicas + 1)
        self._forms = [[(n, c) for n in replicas for c in variant.core_choices] for variant in stage.variants]
        self._has_batch = len(stage.batches) > 1

    @property
    def names(self) -> tuple[str, ...]:
        """Name of each dimension, such as `classify.resnet18`."""
        knobs = (*self._names, *(("batch",) if self._has_batch else ()))
        return tuple(f"{self.stage.name}.{knob}" for knob in knobs)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each dimension."""
        return (*(1 + len(forms) for forms in self._forms), *((len(self.stage.batches),) if self._has_batch else ()))

    def records(self, indices: Indices) -> Deployments:
        """The deployments that actions, shape (n, dimensions), ask for: records of shape (n, max_deployments)."""
        batches = self.stage.batches
        batch = np.array(batches)[indices[:, -1]] if self._has_batch else np.full(len(indices), batches[0])
        records = no_deployments(len(indices), self.limits.max_deployments)
        for n, row in enumerate(indices[:, : len(self._names)].tolist()):
            chosen = [(v, *self._forms[v][at - 1]) for v, at in enumerate(row) if at] or [self._least()]
            largest = sorted(chosen, key=lambda form: -form[1] * form[2])[: self.limits.max_deployments]
            for i, (v, replicas, cores) in enumerate(sorted(largest)):
                records[n, i] = (v, replicas, batch[n], cores, 1.0)
        return records

    def indices(self, setting: StageSetting) -> list[int]:
        """The part of an action that stands for a setting, but for its weights."""
        indices = [0] * len(self._names)
        for each in setting.deployments:
            v = self._names.index(each.variant)
            indices[v] = 1 + self._forms[v].index((each.replicas, cores_of(each, self.stage)))
        return [*indices, *([self.stage.batches.index(setting.first.batch)] if self._has_batch else [])]

    def masks(self) -> list[Flags]:
        """Flags of the values that may be chosen: sizes that no cluster of these limits has room for are masked."""
        nodes, most = self.limits.node_cores, self.limits.max_cores
        largest, total = (np.inf, np.inf) if nodes is None else (max(nodes), sum(nodes))
        total = total if most is None else min(total, most)
        masks = [np.array([True, *(c <= largest and n * c <= total for n, c in forms)]) for forms in self._forms]
        return [*masks, *([np.full(len(self.stage.batches), True)] if self._has_batch else [])]

    @property
    def observed_names(self) -> tuple[str, ...]:
        """Names of what `observed` gives."""
        return (*(f"{name}.cores" for name in self._names), "batch")

    def observed(self, records: Deployments) -> NDArray[np.float64]:
        """Cores of each variant as a share of the most it may have, and the batch; shape (n, names)."""
        held = np.stack(
            [((records["variant"] == v) * records["replicas"] * records["cores"]).sum(axis=1) / forms[-1][0]
             / forms[-1][1] for v, forms in enumerate(self._forms)], axis=1,
        )  # fmt: skip
        batch = np.searchsorted(np.array(self.stage.batches), records["batch"][:, 0])
        return np.concatenate([held, batch[:, np.newaxis] / max(1, len(self.stage.batches) - 1)], axis=1)

    def _least(self) -> tuple[int, int, int]:
        v = self._names.index(self.stage.lightest.name)
        return (v, *self._forms[v][0])
