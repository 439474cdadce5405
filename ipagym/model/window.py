"""Observations of one adaptation interval."""

from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class StageWindow:
    """One stage over one window.

    Attributes:
        queue: requests that wait at the window's end.
        arrivals: requests that reached the stage in the window.
        dropped: requests dropped at the stage in the window.
        utilisation: busy time divided by ready time of all replicas over the whole window, 0..1.
        ready: replicas that can serve. All counts of replicas are those at the window's end.
        starting: replicas that load their model.
        pending: replicas that wait for room on a node.
        draining: replicas that finish their last batch.
        resizing: replicas that do not have the requested cores yet.
        asleep: replicas that start when requests need them.
    """

    queue: int
    arrivals: int
    dropped: int
    utilisation: float
    ready: int
    starting: int
    pending: int
    draining: int
    resizing: int = 0
    asleep: int = 0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Window:
    """The pipeline over [start_s, end_s).

    Attributes:
        start_s: the window's start, in seconds from the episode's.
        end_s: its end.
        arrivals: requests that arrived.
        completed: requests answered.
        dropped: requests dropped, at any stage.
        violations: requests whose deadline passed unanswered in the window, or that were dropped before it; each
            request counts once.
        in_system: requests at the window's end that arrived and are neither answered nor dropped.
        arrivals_per_s: shape (seconds of the window,): arrivals of each second.
        latency_s: shape (completed,): end-to-end latencies in seconds, in order of completion.
        cores: time average of the cores held, including those of starting and draining replicas.
        accuracy: PAS averaged over the completed requests, 0..1; the PAS of the configuration if none was completed.
        energy_j: energy used, in joules.
        stages: one for each stage of the pipeline, in its order.
        configuration: the last requested configuration, which may still be rolling out.
        scraped: false if no new figures have reached the controller, so that it sees those of an earlier window.
        network_s: shape (arrivals,), or (0,) without a network: network delay of each request in seconds, in order of
            arrival.
    """

    start_s: float
    end_s: float
    arrivals: int
    completed: int
    dropped: int
    violations: int
    in_system: int
    arrivals_per_s: NDArray[np.int64]
    latency_s: NDArray[np.float64]
    cores: float
    accuracy: float
    energy_j: float
    stages: tuple[StageWindow, ...]
    configuration: Configuration
    scraped: bool = True
    network_s: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def duration_s(self) -> float:
        """Length of the window in seconds."""
        return self.end_s - self.start_s

    @property
    def violation_rate(self) -> float:
        """Violations divided by arrivals, at most 1; without arrivals, 1 if there was a violation, else 0."""
        return min(1.0, self.violations / max(self.arrivals, 1))

    @property
    def network_max_s(self) -> float:
        """The longest network delay of the arrived requests, in seconds; 0 without a network."""
        return float(self.network_s.max(initial=0.0))

    def latency_quantile_s(self, q: float) -> float:
        """The q-quantile (0..1) of the completed requests' latency, in seconds; 0 when none was completed."""
        return float(np.quantile(self.latency_s, q)) if self.latency_s.size else 0.0

    def sealed(self) -> "Window":
        """A copy for an agent: its arrays are read-only and cannot be made writable."""
        return replace(
            self,
            arrivals_per_s=_sealed(self.arrivals_per_s),
            latency_s=_sealed(self.latency_s),
            network_s=_sealed(self.network_s),
        )

    def known_at(self, now: "Window", *, is_new: bool) -> "Window":
        """The window as a controller sees it at the end of a later window `now`, if these are its latest figures.

        The time and the requested configuration are those of `now`. `is_new` says whether the figures have just
        arrived.
        """
        known = {"start_s": now.start_s, "end_s": now.end_s, "configuration": now.configuration}
        return replace(self, scraped=is_new, **known)  # type: ignore[arg-type]


def _sealed(array: NDArray[Number]) -> NDArray[Number]:
    """A copy of the array over immutable bytes."""
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)
