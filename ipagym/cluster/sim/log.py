"""The fate of every request, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.sim.request import Outcome, Request

Times = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RequestLog:
    """N requests in order of arrival at a pipeline of S stages; times in seconds.

    `sent_s`, `arrival_s`, `deadline_s`, `end_s` (infinite while in the system) and `outcome` are of shape (N,).
    `enqueued_s`, `started_s` and `finished_s` (NaN where a request has not come to that) and `batch`, the size of the
    batch it was served in (0 before), are of shape (N, S).
    """

    sent_s: Times
    arrival_s: Times
    deadline_s: Times
    end_s: Times
    outcome: Counts
    enqueued_s: Times
    started_s: Times
    finished_s: Times
    batch: Counts

    def __len__(self) -> int:
        return len(self.arrival_s)

    @property
    def completed(self) -> NDArray[np.bool_]:
        """True for the requests that were answered, shape (N,)."""
        return np.equal(self.outcome, Outcome.COMPLETED)

    @property
    def dropped(self) -> NDArray[np.bool_]:
        """True for the requests that were given up, shape (N,)."""
        return np.equal(self.outcome, Outcome.DROPPED)

    @property
    def latency_s(self) -> Times:
        """From sending to the end, shape (N,); infinite while in the system."""
        return self.end_s - self.sent_s

    @property
    def wait_s(self) -> Times:
        """From entering the queue of a stage to the start of service there, shape (N, S)."""
        return self.started_s - self.enqueued_s

    def arrived_in(self, start_s: float, end_s: float) -> "RequestLog":
        """The requests that arrived in [start_s, end_s)."""
        first, last = np.searchsorted(self.arrival_s, [start_s, end_s])
        return RequestLog(**{name: getattr(self, name)[first:last] for name in self.__slots__})


def log_of(requests: Sequence[Request], stages: int) -> RequestLog:
    """The same requests as arrays."""

    def gather(name: str, kind: type, *sizes: int) -> np.ndarray:
        return np.array([getattr(request, name) for request in requests], kind).reshape(len(requests), *sizes)

    return RequestLog(
        sent_s=gather("sent_s", np.float64),
        arrival_s=gather("arrival_s", np.float64),
        deadline_s=gather("deadline_s", np.float64),
        end_s=gather("end_s", np.float64),
        outcome=gather("outcome", np.int64),
        enqueued_s=gather("enqueued_s", np.float64, stages),
        started_s=gather("started_s", np.float64, stages),
        finished_s=gather("finished_s", np.float64, stages),
        batch=gather("batch_sizes", np.int64, stages),
    )
