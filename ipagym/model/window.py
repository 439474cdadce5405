"""Observations of one adaptation interval."""

from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class StageWindow:
    """One stage over one window; counts are taken at the window's end, `utilisation` over its whole length.

    `utilisation` is busy time over ready time of all replicas, 0..1. `pending` replicas wait for room on a node,
    `starting` ones load their model, `draining` ones finish their last batch, those `asleep` will start when requests
    need them; `resizing` counts replicas that do not have the cores asked for yet.
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

    `arrivals_per_s` holds the arrivals of each second. `violations` counts each request once: when its deadline
    passes unanswered, or when it is dropped before that. `latency_s` holds the end-to-end latencies, in order of
    completion, of the requests completed in the window; `network_s`, in order of arrival, how long the requests that
    arrived in it had been on their way (empty where there is no network). `cores` is the time average of the cores
    held, those of starting and draining replicas included. `accuracy` is the PAS of what was really served, averaged
    over the requests completed (that of the configuration where none was). `scraped` is false where no new
    figures have reached the controller, which then still has those of an earlier window.
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
        """Violations over requests that arrived, at most 1; without arrivals, 1 if anything was violated."""
        return min(1.0, self.violations / max(self.arrivals, 1))

    @property
    def network_max_s(self) -> float:
        """The longest that a request which arrived had been on its way, in seconds; 0 without a network."""
        return float(self.network_s.max(initial=0.0))

    def latency_quantile_s(self, q: float) -> float:
        """The q-quantile (0..1) of the completed requests' latency, in seconds; 0 when none was completed."""
        return float(np.quantile(self.latency_s, q)) if self.latency_s.size else 0.0

    def sealed(self) -> "Window":
        """A copy for the eyes of an agent: its arrays cannot be written to, nor be made so that they can."""
        return replace(
            self,
            arrivals_per_s=_sealed(self.arrivals_per_s),
            latency_s=_sealed(self.latency_s),
            network_s=_sealed(self.network_s),
        )

    def known_at(self, now: "Window", *, is_new: bool) -> "Window":
        """The window that a controller has at the end of a later one, `now`, if these are its latest figures.

        It knows the time and what it asked for. `is_new` says whether they have just come.
        """
        known = {"start_s": now.start_s, "end_s": now.end_s, "configuration": now.configuration}
        return replace(self, scraped=is_new, **known)  # type: ignore[arg-type]


def _sealed(array: NDArray[Number]) -> NDArray[Number]:
    """The array over bytes, which are never to be written."""
    return np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)
