"""The figures of a window, taken at its end from what happened since the last one, request by request."""

from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.reference.stage import StageServer
from ipagym.cluster.sim.request import Outcome, Request
from ipagym.model.configuration import Configuration, configured_accuracy
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import StageWindow, Window
from ipagym.task.scenario import Scenario


class Recorder:
    """Counts arrivals, ends and violations between two windows, and keeps every request if asked.

    A violation is counted once: at the drop, or when the deadline passes unanswered if that is earlier.
    """

    def __init__(self, *, keep_requests: bool) -> None:
        self.requests: list[Request] | None = [] if keep_requests else None
        self.arrived = 0
        self.ended = 0
        self.windows = 0
        self._arrival_s: list[float] = []
        self._network_s: list[float] = []
        self._completed: list[Request] = []
        self._dropped: list[Request] = []
        self._deadlines: list[tuple[float, int, Request]] = []

    @property
    def in_system(self) -> int:
        """Requests that have arrived and are neither answered nor dropped."""
        return self.arrived - self.ended

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
        return sum(request.end_s <= request.deadline_s for request in dropped) + self._flag_late(end_s)

    def _flag_late(self, end_s: float) -> int:
        """The requests whose deadline has passed unanswered, each counted once."""
        late = 0
        while self._deadlines and self._deadlines[0][0] < end_s:
            request = heappop(self._deadlines)[2]
            dropped_before = request.outcome is Outcome.DROPPED and request.end_s <= request.deadline_s
            late += request.end_s > request.deadline_s and not dropped_before
        return late


def close_window(
    recorder: Recorder,
    stages: Sequence[StageServer],
    scenario: Scenario,
    configuration: Configuration,
    *,
    start_s: float,
    end_s: float,
    scraped: bool,
) -> Window:
    """The figures of the window that ends now; all counters start anew."""
    recorder.windows += 1
    dropped, completed = recorder.take_dropped(), recorder.take_completed()
    network_s, arrivals_per_s = recorder.take_network(), recorder.take_arrivals(start_s, end_s)
    held_core_s = busy_core_s = 0.0
    for station in (station for stage in stages for station in stage.stations):
        held_core_s += station.fleet.life.cores.read(end_s)
        busy_core_s += station.fleet.life.busy_cores.read(end_s)
    return Window(
        start_s=start_s,
        end_s=end_s,
        arrivals=int(arrivals_per_s.sum()),
        completed=len(completed),
        dropped=len(dropped),
        violations=recorder.take_violations(end_s, dropped),
        in_system=recorder.in_system,
        arrivals_per_s=arrivals_per_s,
        latency_s=np.array([request.latency_s for request in completed]),
        cores=held_core_s / (end_s - start_s),
        accuracy=_served_accuracy(completed) if completed else configured_accuracy(configuration, scenario.pipeline),
        energy_j=_energy_j(scenario.pipeline, held_core_s, busy_core_s),
        stages=tuple(_close_stage(stage, end_s) for stage in stages),
        configuration=configuration,
        scraped=scraped,
        network_s=network_s if scenario.network is not None else np.zeros(0),
    )


def _close_stage(stage: StageServer, end_s: float) -> StageWindow:
    ready_s = busy_s = 0.0
    fleets = [station.fleet for station in stage.stations]
    for fleet in fleets:
        ready_s += fleet.life.ready.read(end_s)
        busy_s += fleet.life.busy.read(end_s)
    counts = {state: sum(fleet.count(state) for fleet in fleets) for state in State}
    window = StageWindow(
        queue=sum(len(station.queue) for station in stage.stations),
        arrivals=stage.arrivals,
        dropped=stage.dropped,
        utilisation=min(1.0, busy_s / ready_s) if ready_s > 0 else 0.0,
        ready=counts[State.READY],
        starting=counts[State.STARTING],
        pending=counts[State.PENDING],
        draining=counts[State.DRAINING],
        asleep=sum(fleet.asleep for fleet in fleets),
        resizing=sum(len(station.fleet.resizing.mismatched()) for station in stage.stations if not station.closed),
    )
    stage.arrivals, stage.dropped = 0, 0
    return window


def _energy_j(pipeline: Pipeline, held_core_s: float, busy_core_s: float) -> float:
    idle, busy = pipeline.idle_watts_per_core, pipeline.busy_watts_per_core
    return idle * (held_core_s - busy_core_s) + busy * busy_core_s


def _served_accuracy(completed: list[Request]) -> float:
    # One by one, as the compiled engine adds them up: `sum` rounds otherwise from Python 3.12 on.
    total = 0.0
    for request in completed:
        total += request.accuracy
    return total / len(completed)
