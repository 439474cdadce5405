"""A live run, simulated with the service times that were really seen: what error is left is that of the queue."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ipagym.cluster.sim.log import RequestLog
from ipagym.cluster.sim.reference.replica import Replica
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.simulator import SimpyCluster
from ipagym.cluster.sim.request import Request
from ipagym.random.streams import Streams
from ipagym.task.scenario import Scenario

Served = Mapping[tuple[int, int], list[float]]
"""Service times in seconds by stage and batch size, in order of their beginning."""

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


def replay(scenario: Scenario, seed: int, live: RequestLog) -> RequestLog:
    """The same arrivals through the reference engine, under the initial configuration.

    A batch takes as long as the next one of its size did in the run; where that had none left, sizes are taken that are
    nearest, from the beginning.
    """
    cluster = _Replaying(scenario, service_times(live))
    cluster.reset(seed)
    cluster.advance(scenario.workload.duration_s + DRAIN_S)
    return cluster.log


def service_times(log: RequestLog) -> dict[tuple[int, int], list[float]]:
    """The service times of all batches of a run."""
    found: dict[tuple[int, int], list[float]] = {}
    for stage in range(log.batch.shape[1]):
        served = np.isfinite(log.finished_s[:, stage])
        rows = np.stack([log.started_s[served, stage], log.finished_s[served, stage], log.batch[served, stage]], axis=1)
        for started_s, finished_s, size in np.unique(rows, axis=0).tolist():
            found.setdefault((stage, int(size)), []).append(finished_s - started_s)
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
    def __init__(self, scenario: Scenario, served: Served) -> None:
        self._served = served
        super().__init__(scenario, keep_requests=True)

    def _make_sampling(self, streams: Streams) -> Sampling:
        return _Seen(self.scenario, streams, self._served)


class _Seen(Sampling):
    """Takes service times from a run."""

    def __init__(self, scenario: Scenario, streams: Streams, served: Served) -> None:
        super().__init__(scenario.physics, streams, scenario.pipeline)
        self._all = served
        self._rest = {key: deque(times) for key, times in served.items()}

    def service_s(self, replica: Replica, batch: list[Request], stage: int) -> float:
        """The next one of that size."""
        sizes = [size for own, size in self._all if own == stage]
        key = stage, min(sizes, key=lambda size: (abs(size - len(batch)), size))
        if not self._rest[key]:
            self._rest[key].extend(self._all[key])
        return self._rest[key].popleft()
