"""A live run, simulated with the arrival and service times that were seen: what error is left is that of the queue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.sim.log import RequestLog
from ipagym.cluster.sim.reference.replica import Replica
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.simulator import SimpyCluster
from ipagym.cluster.sim.request import Request
from ipagym.random.streams import Streams
from ipagym.task.scenario import Scenario

Served = Mapping[tuple[int, int], NDArray[np.float64]]
"""By stage and batch size, of each of B batches: its lowest request number and its service time in s, shape (B, 2)."""

DRAIN_S = 30.0
"""Seconds after the load in which the simulator serves what is left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Errors:
    """How far the simulator is from a live run, relative to the latter: below 0 where it is faster.

    Compared is the time from entering the first queue to the answer. `entry_s` is how long requests took, on average,
    from their time to that queue: the lag of the load generator and of a busy machine, of which simulators have none.
    """

    mean: float
    p50: float
    p95: float
    p99: float
    entry_s: float
    requests: int


def replay(scenario: Scenario, live: RequestLog) -> RequestLog:
    """The same arrivals through the reference engine, under the initial configuration.

    A request arrives when it entered the first queue of the run, with the deadline that it had there. A batch takes
    as long as the one of the run whose size is the same, or nearest, and whose first request has the nearest number.
    """
    cluster = _Replaying(scenario, live)
    cluster.advance(scenario.workload.duration_s + DRAIN_S)
    return cluster.log


def service_times(log: RequestLog) -> dict[tuple[int, int], NDArray[np.float64]]:
    """The service times of all batches of a run."""
    found: dict[tuple[int, int], NDArray[np.float64]] = {}
    for stage in range(log.batch.shape[1]):
        served = np.flatnonzero(np.isfinite(log.finished_s[:, stage]))
        span = np.stack([log.started_s[served, stage], log.finished_s[served, stage], log.batch[served, stage]], axis=1)
        batches, first = np.unique(span, axis=0, return_index=True)
        rows = np.stack([served[first], batches[:, 1] - batches[:, 0]], axis=1)
        for size in np.unique(batches[:, 2]):
            found[stage, int(size)] = rows[batches[:, 2] == size]
    return found


def errors(live: RequestLog, simulated: RequestLog, from_s: float = 0.0) -> Errors:
    """The errors over the requests that arrived from `from_s` on and that both have answered."""
    both = live.completed & simulated.completed[: len(live)] & (live.arrival_s >= from_s)
    entered_s = live.enqueued_s[:, 0]
    real = (live.end_s - entered_s)[both]
    found = (simulated.end_s - simulated.enqueued_s[:, 0])[: len(live)][both]
    quantiles = (0.5, 0.95, 0.99)
    relative = np.quantile(found, quantiles) / np.quantile(real, quantiles) - 1
    p50, p95, p99 = relative.tolist()
    entry_s = float((entered_s - live.arrival_s)[both].mean())
    mean = float(found.mean() / real.mean() - 1)
    return Errors(mean=mean, p50=p50, p95=p95, p99=p99, entry_s=entry_s, requests=len(real))


class _Replaying(SimpyCluster):
    def __init__(self, scenario: Scenario, live: RequestLog) -> None:
        self._served = service_times(live)
        self._times = list(zip(live.sent_s.tolist(), live.enqueued_s[:, 0].tolist(), strict=True))
        super().__init__(scenario, keep_requests=True)

    def _make_times(self, streams: Streams) -> Iterator[tuple[float, float]]:
        return iter(self._times)

    def _make_sampling(self, streams: Streams) -> Sampling:
        return _Seen(self.scenario, streams, self._served)


class _Seen(Sampling):
    """Takes service times from a run."""

    def __init__(self, scenario: Scenario, streams: Streams, served: Served) -> None:
        super().__init__(scenario.physics, streams, scenario.pipeline)
        self._served = served

    def service_s(self, replica: Replica, batch: list[Request], stage: int) -> float:
        """As long as the batch of that size took that is nearest by its requests' numbers."""
        sizes = [size for own, size in self._served if own == stage]
        rows = self._served[stage, min(sizes, key=lambda size: (abs(size - len(batch)), size))]
        first = min(request.index for request in batch)
        return float(rows[np.abs(rows[:, 0] - first).argmin(), 1])
