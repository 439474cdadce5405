"""The knobs of a stage that runs several variants side by side: the size of each deployment, and the batch size."""

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Limits
from ipagym.model.deployments import Deployments, no_deployments
from ipagym.model.pipeline import Stage
from ipagym.system.errors import InputError

Indices = NDArray[np.int64]
Flags = NDArray[np.bool_]


class SeveralDeployments:
    """A dimension of the action for each variant: no deployment, or a number of replicas and of cores.

    If the action requests no variant, the lightest one runs in its smallest size. If it requests more variants than the
    limit, the largest deployments run.
    """

    def __init__(self, stage: Stage, limits: Limits) -> None:
        self.stage = stage
        self.limits = limits
        self._names = [variant.name for variant in stage.variants]
        replicas = range(1, limits.max_replicas + 1)
        self._forms = [[(n, c) for n in replicas for c in variant.core_choices] for variant in stage.variants]
        self._sizes = self._table()
        self._has_batch = len(stage.batches) > 1

    def _table(self) -> Indices:
        """Replicas and cores of each form of each variant, shape (variants, forms, 2); form 0 is no deployment."""
        table = np.zeros((len(self._forms), 1 + max(map(len, self._forms)), 2), dtype=np.int64)
        for v, forms in enumerate(self._forms):
            table[v, 1 : 1 + len(forms)] = forms
        return table

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
        """The deployments that actions, shape (n, dimensions), request: records of shape (n, max_deployments)."""
        chosen = np.array(indices[:, : len(self._names)])
        lightest = self._names.index(self.stage.lightest.name)
        chosen[~chosen.any(axis=1), lightest] = 1
        sizes = self._sizes[np.arange(len(self._names)), chosen]
        total = sizes.prod(axis=2)
        width = self.limits.max_deployments
        if width < len(self._names):
            largest = np.argsort(-total, axis=1, kind="stable")
            np.put_along_axis(total, largest[:, width:], 0, axis=1)
        first = np.argsort(total == 0, axis=1, kind="stable")[:, :width]
        is_there = np.take_along_axis(total, first, axis=1) > 0
        records = no_deployments(len(indices), width)
        there = records[:, : first.shape[1]]
        there["variant"] = np.where(is_there, first, -1)
        there["replicas"], there["cores"] = np.where(
            is_there, np.moveaxis(np.take_along_axis(sizes, first[..., np.newaxis], axis=1), 2, 0), 0
        )
        there["batch"] = np.where(is_there, self._batches(indices)[:, np.newaxis], 0)
        there["weight"] = is_there
        return records

    def _batches(self, indices: Indices) -> Indices:
        batches = np.array(self.stage.batches)
        return batches[indices[:, -1]] if self._has_batch else np.full(len(indices), batches[0])

    def indices_of(self, records: Deployments) -> Indices:
        """The parts of actions, shape (n, dimensions), for records of shape (n, max_deployments).

        Raises:
            InputError: the size of a deployment is not among its choices.
        """
        indices = np.zeros((len(records), len(self.sizes)), dtype=np.int64)
        for v, forms in enumerate(self._forms):
            is_here = records["variant"] == v
            size = [np.where(is_here, records[name], 0).sum(axis=1) for name in ("replicas", "cores")]
            found = (self._sizes[v, : 1 + len(forms)] == np.stack(size, axis=1)[:, np.newaxis]).all(axis=2)
            if not found.any(axis=1).all():
                raise InputError(f"{self._names[v]} of stage {self.stage.name} has a size outside its choices")
            indices[:, v] = found.argmax(axis=1)
        if self._has_batch:
            indices[:, -1] = np.searchsorted(np.array(self.stage.batches), records["batch"][:, 0])
        return indices

    def completed(self, indices: Indices) -> Indices:
        """The actions, shape (n, dimensions), with the lowest value in each dimension that is −1; at least one variant
        runs.
        """
        variants = indices[:, : len(self._names)]
        least = np.maximum(indices, 0)
        last = len(self._names) - 1 - np.argmax(variants[:, ::-1] < 0, axis=1)
        lacks = (variants <= 0).all(axis=1) & (variants < 0).any(axis=1)
        least[lacks, last[lacks]] = 1
        return least

    def stands(self, indices: Indices) -> Flags:
        """True for actions, shape (n, dimensions), that request at least one variant and no more than the limit."""
        number = (indices[:, : len(self._names)] > 0).sum(axis=1)
        return np.asarray((number > 0) & (number <= self.limits.max_deployments))

    @property
    def observed_names(self) -> tuple[str, ...]:
        """Names of the entries of `observed`."""
        return (*(f"{name}.cores" for name in self._names), *(("batch",) if self._has_batch else ()))

    def observed(self, records: Deployments) -> NDArray[np.float64]:
        """Cores of each variant as a share of its maximum, and the batch; shape (n, names)."""
        held = np.stack(
            [((records["variant"] == v) * records["replicas"] * records["cores"]).sum(axis=1) / forms[-1][0]
             / forms[-1][1] for v, forms in enumerate(self._forms)], axis=1,
        )  # fmt: skip
        if not self._has_batch:
            return np.asarray(held)
        batch = np.searchsorted(np.array(self.stage.batches), records["batch"][:, 0])
        return np.concatenate([held, batch[:, np.newaxis] / (len(self.stage.batches) - 1)], axis=1)
