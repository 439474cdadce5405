"""The windows of an episode so far, as records for all displays."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ipagym.model.deployments import Deployments, deployments_of
from ipagym.model.records import Records, records_of
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario


class EpisodeSoFar(NamedTuple):
    """n windows of S stages: `ipagym.model.records` of shapes (n,) and (n, S), and the configurations in force in them,
    `ipagym.model.deployments` of shape (n, S, L).
    """

    windows: Records
    stages: Records
    deployments: Deployments

    @property
    def edges_s(self) -> NDArray[np.float64]:
        """The start of each window, and the end of the last one, in seconds; shape (n + 1,)."""
        return np.append(self.windows["start_s"], self.windows["end_s"][-1])

    @property
    def rate_rps(self) -> NDArray[np.float64]:
        """Arrivals over the length of each window, shape (n,)."""
        return np.asarray(self.windows["arrivals"] / (self.windows["end_s"] - self.windows["start_s"]))

    @property
    def violation_rate(self) -> NDArray[np.float64]:
        """As `Window.violation_rate`, shape (n,)."""
        return np.asarray(np.minimum(1.0, self.windows["violations"] / np.maximum(self.windows["arrivals"], 1)))

    @property
    def cores_asked(self) -> NDArray[np.int64]:
        """Replicas times cores of each deployment, shape (n, S, L)."""
        asked = self.deployments["replicas"] * self.deployments["cores"]
        return np.where(self.deployments["variant"] >= 0, asked, 0)


def episode_of(window: Window, scenario: Scenario) -> EpisodeSoFar:
    """An episode of one window so far."""
    records = deployments_of(window.configuration, scenario.pipeline, scenario.limits.max_deployments)
    return EpisodeSoFar(*records_of(window), records[np.newaxis])


class Recording:
    """The record of a running episode."""

    def __init__(self) -> None:
        self._parts: list[EpisodeSoFar] = []

    def __len__(self) -> int:
        return sum(len(part.windows) for part in self._parts)

    def begin(self) -> None:
        """Discard the recorded windows."""
        self._parts.clear()

    def add(self, part: EpisodeSoFar) -> None:
        """Add the next windows; the arrays must not change afterwards."""
        self._parts.append(part)

    def episode(self) -> EpisodeSoFar:
        """All windows since the beginning; there must be at least one."""
        self._parts = [EpisodeSoFar(*map(np.concatenate, zip(*self._parts, strict=True)))]
        return self._parts[0]
