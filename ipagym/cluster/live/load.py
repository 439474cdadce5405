"""The load of an episode, sent by a process of its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.live.children.load_generator import LOADED, SENT, START
from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.live.process import Child, spawn
from ipagym.cluster.sim.journeys import journeys
from ipagym.random.streams import Streams
from ipagym.task.scenario import Scenario
from ipagym.workload.arrivals import arrival_times
from ipagym.workload.rates import checked_rates

Times = NDArray[np.float64]


class Load:
    """Has the load generator send each request at its time; `enter` takes the number of each that arrives.

    A generator that ends is started anew, and goes on where it was: what it missed it sends at once. `lateness_s` tells
    of each request how long after its time it was sent.
    """

    def __init__(self, scenario: Scenario, seed: int, dispatcher: Dispatcher, *, folder: Path, errors: Path) -> None:
        self.sent_s, self.arrival_s = schedule(scenario, seed)
        self.arrived = 0
        self.lateness_s: list[float] = []
        self.is_ready = False
        self.on_ready: Callable[[], None] = lambda: None
        self.enter: Callable[[int], None] = lambda number: None
        self._dispatcher = dispatcher
        self._errors = errors
        self._rest = b""
        self._is_stopped = False
        self._file = folder / "schedule"
        self._file.write_bytes(self.arrival_s.tobytes())
        self._child = self._spawned()

    @property
    def pid(self) -> int:
        """The id of the generator's process."""
        return self._child.pid

    def begin(self) -> None:
        """Time begins now: let the generator send."""
        self._child.stream.sendall(START.pack(self._dispatcher.clock.start_s))

    def has_sent_until(self, end_s: float) -> bool:
        """True if every request that arrives before `end_s` is here."""
        return self._is_stopped or self.arrived == len(self.arrival_s) or self.arrival_s[self.arrived] >= end_s

    def stop(self) -> None:
        """Send no more; what was sent and has not been read yet does not arrive."""
        if not self._is_stopped:
            self._is_stopped = True
            self._dispatcher.forget(self._child.stream)
            self._child.hang_up()

    def end(self) -> None:
        """End the generator."""
        self._child.end()

    def _spawned(self) -> Child:
        child = spawn("load_generator", {"schedule": str(self._file), "first": self.arrived}, self._errors)
        self._dispatcher.watch(child.stream, self._receive)
        return child

    def _receive(self) -> None:
        received = self._received()
        if not received:
            self._start_anew()
        elif not self.is_ready:
            self.is_ready = received == LOADED
            self.on_ready()
        else:
            self._take(self._rest + received)

    def _received(self) -> bytes:
        try:
            return self._child.stream.recv(65536)
        except ConnectionResetError:
            return b""

    def _take(self, records: bytes) -> None:
        whole = len(records) // SENT.size * SENT.size
        self._rest = records[whole:]
        for number, sent_s in SENT.iter_unpack(records[:whole]):
            self.arrived += 1
            self.lateness_s.append(sent_s - self._dispatcher.clock.start_s - float(self.arrival_s[number]))
            self.enter(number)

    def _start_anew(self) -> None:
        self._dispatcher.forget(self._child.stream)
        self._child.end()
        self._rest, self.is_ready = b"", False
        self._child = self._spawned()


def schedule(scenario: Scenario, seed: int) -> tuple[Times, Times]:
    """Seconds at which the requests of an episode are sent and at which they arrive: those of the simulators."""
    streams = Streams.spawn(seed)
    if scenario.network is not None:
        return journeys(scenario, streams)
    rates = checked_rates(scenario.workload, streams.load)
    times = arrival_times(rates, scenario.physics.arrivals, streams.arrivals)
    return times, times
