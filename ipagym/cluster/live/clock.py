"""The clock of a live cluster: real time, with the timers of the reference engine."""

from heapq import heappop
from math import inf
from time import monotonic

from ipagym.cluster.sim.reference.clock import Clock


class LiveClock(Clock):
    """Seconds since the start, 0 before it. It moves only when it is read, so that a rule sees one time throughout."""

    def __init__(self) -> None:
        super().__init__()
        self.start_s = inf

    def begin(self, start_s: float) -> None:
        """Time counts from `start_s`, a reading of `time.monotonic`, on."""
        self.start_s = start_s

    def read(self) -> None:
        """Move to the present."""
        self._now = max(self._now, monotonic() - self.start_s)

    def rest_s(self) -> float | None:
        """Seconds until the next timer, at least 0; None where there is none, or where time has not begun for it."""
        if not self._queue:
            return None
        due_s = float(self._queue[0][0])
        if due_s <= self._now:
            return 0.0
        return None if self.start_s == inf else max(0.0, due_s - (monotonic() - self.start_s))

    def fire(self) -> None:
        """Run the timers that are due, in order."""
        while self._queue and self._queue[0][0] <= self._now:
            event = heappop(self._queue)[3]
            for callback in event.callbacks or ():
                callback(event)
