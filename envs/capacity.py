"""Expected accuracy and throughput of deployments, for many configurations at once."""

import numpy as np
from numpy.typing import NDArray

from ipagym.model.deployments import Deployments
from ipagym.model.pipeline import Pipeline

Values = NDArray[np.float64]


class Capacity:
    """Look-up tables of a pipeline's variants; `records` below have shape (n, S, L)."""

    def __init__(self, pipeline: Pipeline) -> None:
        variants = [(s, v, each) for s, stage in enumerate(pipeline.stages) for v, each in enumerate(stage.variants)]
        self._stages = np.arange(len(pipeline.stages))[:, np.newaxis]
        self._all_cores = np.array(sorted({c for _, _, variant in variants for c in variant.core_choices}))
        self._all_batches = np.array(sorted({b for stage in pipeline.stages for b in stage.batches}))
        widest = max(len(stage.variants) for stage in pipeline.stages)
        self._accuracy = np.zeros((len(pipeline.stages), widest))
        self._throughput_rps = np.zeros(
            (len(pipeline.stages), widest, len(self._all_cores), len(self._all_batches)), dtype=np.float64
        )
        for s, v, variant in variants:
            self._accuracy[s, v] = variant.accuracy
            for cores in variant.core_choices:
                latency, c = variant.latency_on(cores), np.searchsorted(self._all_cores, cores)
                for batch in pipeline.stages[s].batches:
                    b = np.searchsorted(self._all_batches, batch)
                    self._throughput_rps[s, v, c, b] = latency.throughput_rps(batch)

    def most_rps(self) -> float:
        """The largest planned throughput of a single replica of any stage."""
        return float(self._throughput_rps.max())

    def throughput_rps(self, records: Deployments) -> Values:
        """The planned throughput of each deployment, n·h, shape (n, S, L); 0 for no deployment."""
        cores = np.searchsorted(self._all_cores, records["cores"])
        batch = np.searchsorted(self._all_batches, records["batch"])
        rate = records["replicas"] * self._throughput_rps[self._stages, records["variant"], cores, batch]
        return np.where(records["variant"] >= 0, rate, 0.0)

    def accuracy(self, records: Deployments) -> Values:
        """Mean accuracy of each stage, weighted by its deployments' weights, shape (n, S)."""
        weight = np.where(records["variant"] >= 0, records["weight"], 0.0)
        accuracy = self._accuracy[self._stages, records["variant"]]
        return np.asarray((weight * accuracy).sum(axis=2) / weight.sum(axis=2))
