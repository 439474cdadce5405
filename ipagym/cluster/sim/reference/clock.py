"""The simulation clock: SimPy's, with a fixed order of events at equal times."""

from collections.abc import Callable
from enum import IntEnum
from heapq import heappush
from typing import Any

import simpy


class Priority(IntEnum):
    """The order of events at the same instant; ties by order of scheduling.

    Completions first and arrivals last: whoever looks for an idle replica, or for room, finds all that is free by then.
    """

    COMPLETION = 1
    READY = 2
    FAULT = 3
    TIMER = 4
    ARRIVAL = 5


class Clock(simpy.Environment):
    """A SimPy environment whose actions are scheduled for absolute times.

    SimPy's own `schedule` takes a delay; adding it back to the present would round the timestamps of requests.
    """

    def at(self, time_s: float, priority: Priority, action: Callable[[], None]) -> None:
        """Run `action` at `time_s` (never before now)."""
        event = simpy.Event(self)
        event._ok = True
        event._value = None
        event.callbacks.append(lambda _: action())
        entry: tuple[float, Any, int, simpy.Event] = (time_s, priority, next(self._eid), event)
        heappush(self._queue, entry)

    def run_to(self, time_s: float) -> None:
        """Process every event before `time_s`, then stand at `time_s`; events at that instant stay for later."""
        if time_s > self.now:
            self.run(until=time_s)
