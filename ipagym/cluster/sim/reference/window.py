"""What happened since the last window, request by request."""

from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.sim.request import Outcome, Request


class Recorder:
    """Counts arrivals, ends and violations between two windows, and keeps every request if asked.

    A violation is counted once: at the drop, or when the deadline passes unanswered if that is earlier.
    """

    def __init__(self, *, keep_requests: bool) -> None:
        self.requests: list[Request] | None = [] if keep_requests else None
        self.arrived = 0
        self.ended = 0
        self._arrival_s: list[float] = []
        self._network_s: list[float] = []
        self._completed: list[Request] = []
        self._dropped: list[Request] = []
        self._deadlines: list[tuple[float, int, Request]] = []

    def arrival(self, request: Request) -> None:
        """A request entered the pipeline."""
        self.arrived += 1
        self._arrival_s.append(request.arrival_s)
        self._network_s.append(request.arrival_s - request.sent_s)
        heappush(self._deadlines, (request.deadline_s, request.index, request))
        if self.requests is not None:
            self.requests.append(request)

    def completion(self, request: Request) -> None:
        """A request was answered."""
        self.ended += 1
        self._completed.append(request)

    def drop(self, request: Request) -> None:
        """A request was given up."""
        self.ended += 1
        self._dropped.append(request)

    def take_arrivals(self, start_s: float, end_s: float) -> NDArray[np.int64]:
        """Arrivals in each second since `start_s`, shape (whole or begun seconds,)."""
        times, self._arrival_s = np.array(self._arrival_s), []
        seconds = max(1, int(np.ceil(end_s - start_s)))
        second = np.minimum((times - start_s).astype(np.int64), seconds - 1)
        return np.bincount(second, minlength=seconds)

    def take_network(self) -> NDArray[np.float64]:
        """Seconds that the requests which arrived since the last call were on their way."""
        taken, self._network_s = self._network_s, []
        return np.array(taken, dtype=np.float64)

    def take_completed(self) -> list[Request]:
        """The requests answered since the last call, in order of completion."""
        completed, self._completed = self._completed, []
        return completed

    def take_dropped(self) -> list[Request]:
        """The requests dropped since the last call."""
        dropped, self._dropped = self._dropped, []
        return dropped

    def take_violations(self, end_s: float, dropped: list[Request]) -> int:
        """Violations until `end_s`, given the requests dropped since the last call."""
        return sum(request.end_s <= request.deadline_s for request in dropped) + self._passed_deadlines(end_s)

    def _passed_deadlines(self, end_s: float) -> int:
        late = 0
        while self._deadlines and self._deadlines[0][0] < end_s:
            request = heappop(self._deadlines)[2]
            dropped_before = request.outcome is Outcome.DROPPED and request.end_s <= request.deadline_s
            late += request.end_s > request.deadline_s and not dropped_before
        return late
