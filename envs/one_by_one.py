"""Simulated clusters of one scenario that run one after the other, for engines without a population."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.protocol import Simulator
from ipagym.model.deployments import Deployments, configuration_of
from ipagym.model.records import STAGE_RECORD, WINDOW_RECORD, Records, records_of
from ipagym.task.scenario import Scenario

Which = NDArray[np.int64]


class OneByOne:
    """`size` clusters, with the interface of `ipagym.cluster.sim.compiled.Population`."""

    def __init__(self, engine: Callable[[Scenario], Simulator], scenario: Scenario, size: int) -> None:
        self.scenario = scenario
        self._engine = engine
        self._clusters = [engine(scenario) for _ in range(size)]
        self.window_records = np.zeros(size, dtype=WINDOW_RECORD)
        self.stage_records = np.zeros((size, len(scenario.pipeline.stages)), dtype=STAGE_RECORD)
        self.scraped = np.ones(size, dtype=np.bool_)
        self._per_second = np.zeros((size, max(1, int(np.ceil(scenario.interval_s)))), dtype=np.int64)

    def again(self, scenario: Scenario) -> "OneByOne":
        """The same number of clusters of another scenario."""
        return OneByOne(self._engine, scenario, len(self._clusters))

    def last_windows(self) -> tuple[Records, Records, NDArray[np.int64]]:
        """Records of the last windows, (size,), and of their stages, (size, S), and arrivals in each second."""
        return self.window_records, self.stage_records, self._per_second

    def reset(self, which: Which, seeds: list[int]) -> None:
        """Restart with every replica of the scenario's initial configuration ready."""
        for k, seed in zip(which.tolist(), seeds, strict=True):
            self._clusters[k].reset(seed)

    def apply(self, which: Which, records: Deployments) -> None:
        """Request configurations, records of shape (which, S, max_deployments)."""
        as_configuration = partial(configuration_of, pipeline=self.scenario.pipeline)
        for k, row in zip(which.tolist(), records, strict=True):
            self._clusters[k].apply(as_configuration(row))

    def advance(self, which: Which, seconds: float) -> None:
        """Advance each of the clusters by `seconds`."""
        for k in which.tolist():
            window = self._clusters[k].advance(seconds)
            (self.window_records[k],), (self.stage_records[k],) = records_of(window)
            self._per_second[k] = window.arrivals_per_s
            self.scraped[k] = window.scraped

    def close(self) -> None:
        """Release the clusters."""
        for cluster in self._clusters:
            cluster.close()
