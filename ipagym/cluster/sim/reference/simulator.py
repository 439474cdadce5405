"""A serving cluster simulated with SimPy: the physics, written to be read."""

from collections.abc import Iterator

import numpy as np

from ipagym.cluster.sim.journeys import journeys
from ipagym.cluster.sim.log import RequestLog
from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.faults import Crashes, NodeLosses
from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.sleep import Sleep
from ipagym.cluster.sim.reference.stage import StageServer
from ipagym.cluster.sim.reference.station import Station
from ipagym.cluster.sim.reference.window import Recorder
from ipagym.cluster.sim.request import MOST_IN_SYSTEM, NOT_KEPT, Outcome, Request, too_many
from ipagym.cluster.sim.span import check_span
from ipagym.model.configuration import Configuration, configured_accuracy
from ipagym.model.pipeline import Pipeline
from ipagym.model.validity import check
from ipagym.model.window import Window
from ipagym.random.streams import Streams
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario
from ipagym.workload.arrivals import arrival_blocks
from ipagym.workload.rates import checked_rates

Course = tuple[int, list[Configuration | float]]
"""A seed, and what was done since: configurations applied and seconds let pass, in order."""


class SimpyCluster:
    """The reference simulator: a graph of stages with queues, batches and replicas.

    With `keep_requests` the record of every request stays in `requests`.
    """

    def __init__(self, scenario: Scenario, *, keep_requests: bool = False) -> None:
        self.scenario = scenario
        self._keep_requests = keep_requests
        self.reset(0)

    @property
    def pipeline(self) -> Pipeline:
        """What is being served."""
        return self.scenario.pipeline

    @property
    def now(self) -> float:
        """Simulated seconds since the last reset."""
        return float(self._clock.now)

    @property
    def requests(self) -> list[Request]:
        """Every request that has arrived since the last reset, in order of arrival."""
        if self._recorder.requests is None:
            raise InputError(NOT_KEPT)
        return self._recorder.requests

    @property
    def log(self) -> RequestLog:
        """Every request that has arrived since the last reset, as arrays."""
        requests, stages = self.requests, len(self.pipeline.stages)

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

    @property
    def in_system(self) -> int:
        """Requests that have arrived and are neither answered nor dropped."""
        return self._recorder.arrived - self._recorder.ended

    def reset(self, seed: int) -> None:
        """Start afresh, with every replica of the scenario's initial configuration ready."""
        streams = Streams.spawn(seed)
        self._course: Course = (seed, [])
        self._clock = Clock()
        self._recorder = Recorder(keep_requests=self._keep_requests)
        self._nodes = Nodes(self.scenario.limits.node_cores)
        self._sampling = Sampling(self.scenario.physics, streams, self.pipeline)
        self._windows = 0
        self._stages = [self._build_stage(index) for index in range(len(self.pipeline.stages))]
        self._stations = [station for stage in self._stages for station in stage.stations]
        self._needs, self._next = self.pipeline.predecessors, self.pipeline.successors
        self._configuration = self.scenario.initial
        check(self._configuration, self.pipeline, self.scenario.limits)
        for stage, setting in zip(self._stages, self._configuration.stages, strict=True):
            stage.start(setting)
        self._start_faults()
        self._arrivals = self._timestamps(streams)
        self._schedule_arrival()

    def apply(self, configuration: Configuration) -> None:
        """Start moving to `configuration`; what an earlier one left unfinished is superseded.

        Raises:
            InputError: the configuration is outside the pipeline or the limits; nothing is changed then.
        """
        check(configuration, self.pipeline, self.scenario.limits)
        self._course[1].append(configuration)
        self._configuration = configuration
        for stage, setting in zip(self._stages, configuration.stages, strict=True):
            stage.follow(setting)
        self._use_room()
        for stage in self._stages:
            stage.dispatch()

    def advance(self, seconds: float) -> Window:
        """Simulate `seconds` and report them.

        Raises:
            InputError: seconds is not a positive number, or too small a one.
        """
        check_span(seconds, self.now)
        self._course[1].append(seconds)
        start_s = self.now
        self._clock.run_to(start_s + seconds)
        return self._window(start_s, self.now)

    def snapshot(self) -> Course:
        """The state at this instant, for `restore`: how it was come to."""
        return self._course[0], list(self._course[1])

    def restore(self, snapshot: Course) -> None:
        """Go on from where the snapshot of a cluster of the same scenario was taken, by doing all of it again."""
        seed, course = snapshot
        self.reset(seed)
        for step in course:
            if isinstance(step, Configuration):
                self.apply(step)
            else:
                self.advance(step)

    def fork(self) -> "SimpyCluster":
        """A second cluster in the same state, independent from now on."""
        twin = SimpyCluster(self.scenario, keep_requests=self._keep_requests)
        twin.restore(self.snapshot())
        return twin

    def close(self) -> None:
        """Nothing to release."""

    def _build_stage(self, index: int) -> StageServer:
        stage, physics = self.pipeline.stages[index], self.scenario.physics
        stations = []
        for _ in range(self.scenario.limits.max_deployments):
            fleet = Fleet(stage, self._clock, self._nodes, self._sampling, resize_s=physics.resize_s)
            fleet.on_room = self._use_room
            station = Station(index, fleet, self._clock, physics, self._sampling)
            station.served = lambda batch: self._hand_over(batch, index)
            station.dropped = lambda request: self._drop(request, index)
            if physics.keep_alive_s is not None:
                Sleep(station, self._clock, physics.keep_alive_s)
            stations.append(station)
        server = StageServer(stage, stations, self._clock)
        server.on_room = self._use_room
        return server

    def _start_faults(self) -> None:
        faults, limits = self.scenario.physics.faults, self.scenario.limits
        if faults.crashes_per_hour:
            for number, station in enumerate(self._stations):
                Crashes(number, station, self._clock, sampling=self._sampling, most=2 * limits.max_replicas)
        if faults.node_losses_per_hour:
            for node in range(len(limits.node_cores or ())):
                losses = NodeLosses(
                    node, self._nodes, self._clock, sampling=self._sampling, repair_s=faults.node_repair_s
                )
                losses.on_loss, losses.on_return = self._lose_node, self._use_room

    def _lose_node(self, node: int) -> None:
        for station in self._stations:
            station.lose_node(node)
        self._use_room()
        for stage in self._stages:
            stage.dispatch()

    def _use_room(self) -> None:
        """Resize and place what waits for room; where a deployment is stuck, make room and try again."""
        fleets = [station.fleet for station in self._stations]
        while True:
            for fleet in fleets:
                fleet.resize()
            for replica in self._nodes.admit():
                next(fleet for fleet in fleets if replica in fleet.replicas).admit(replica)
            made = [fleet.make_room() for fleet in fleets]
            if not any(made):
                return

    def _timestamps(self, streams: Streams) -> Iterator[tuple[float, float]]:
        """When each request is sent and when it arrives, in order of arrival."""
        if self.scenario.network is not None:
            sent_s, arrival_s = journeys(self.scenario, streams)
            yield from zip(sent_s.tolist(), arrival_s.tolist(), strict=True)
            return
        rates = checked_rates(self.scenario.workload, streams.load)
        for block in arrival_blocks(rates, self.scenario.physics.arrivals, streams.arrivals):
            for time_s in block.tolist():
                yield time_s, time_s

    def _schedule_arrival(self) -> None:
        times = next(self._arrivals, None)
        if times is not None:
            self._clock.at(times[1], Priority.ARRIVAL, lambda: self._arrive(*times))

    def _arrive(self, sent_s: float, time_s: float) -> None:
        if self.in_system == MOST_IN_SYSTEM:
            raise too_many()
        missing = [len(needed) for needed in self._needs]
        unanswered = sum(not following for following in self._next)
        deadline_s = sent_s + self.pipeline.slo_s
        index, spread = self._recorder.arrived, self._sampling.spread()
        request = Request(index, sent_s, time_s, deadline_s, missing, unanswered, spread)
        self._recorder.arrival(request)
        for stage, needed in enumerate(self._needs):
            if not needed and request.outcome is Outcome.IN_SYSTEM:
                self._stages[stage].accept(request).dispatch()
        self._schedule_arrival()

    def _hand_over(self, batch: list[Request], index: int) -> None:
        """Stage `index` has served a batch: all of it goes on before any of it is served again."""
        for request in batch:
            self._forward(request, index)
        for following in self._next[index]:
            self._stages[following].dispatch()

    def _forward(self, request: Request, index: int) -> None:
        """The request goes to the stages that were waiting for it to be served by stage `index`."""
        for following in self._next[index]:
            request.missing[following] -= 1
            if not request.missing[following] and request.outcome is Outcome.IN_SYSTEM:
                self._stages[following].accept(request)
        if not self._next[index]:
            request.unanswered -= 1
            if not request.unanswered:
                self._answer(request)

    def _answer(self, request: Request) -> None:
        request.outcome = Outcome.COMPLETED
        request.end_s = self._clock.now
        self._recorder.completion(request)

    def _drop(self, request: Request, index: int) -> None:
        """Stage `index` gives the request up; its copies leave the queues of other stages."""
        request.outcome = Outcome.DROPPED
        request.end_s = self._clock.now
        self._stages[index].dropped += 1
        self._recorder.drop(request)
        for queue in request.places:
            queue.discard(request)
        request.places = []

    def _window(self, start_s: float, end_s: float) -> Window:
        self._windows += 1
        dropped, completed = self._recorder.take_dropped(), self._recorder.take_completed()
        network_s, arrivals_per_s = self._recorder.take_network(), self._recorder.take_arrivals(start_s, end_s)
        held_core_s = busy_core_s = 0.0
        for station in self._stations:
            held_core_s += station.fleet.cores.read(end_s)
            busy_core_s += station.fleet.busy_cores.read(end_s)
        return Window(
            start_s=start_s,
            end_s=end_s,
            arrivals=int(arrivals_per_s.sum()),
            completed=len(completed),
            dropped=len(dropped),
            violations=self._recorder.take_violations(end_s, dropped),
            in_system=self.in_system,
            arrivals_per_s=arrivals_per_s,
            latency_s=np.array([request.latency_s for request in completed]),
            cores=held_core_s / (end_s - start_s),
            accuracy=self._served_accuracy(completed),
            energy_j=self._energy_j(held_core_s, busy_core_s),
            stages=tuple(stage.window(end_s) for stage in self._stages),
            configuration=self._configuration,
            scraped=not self._sampling.scrape_is_lost(self._windows - 1),
            network_s=network_s if self.scenario.network is not None else np.zeros(0),
        )

    def _energy_j(self, held_core_s: float, busy_core_s: float) -> float:
        idle, busy = self.pipeline.idle_watts_per_core, self.pipeline.busy_watts_per_core
        return idle * (held_core_s - busy_core_s) + busy * busy_core_s

    def _served_accuracy(self, completed: list[Request]) -> float:
        if not completed:
            return configured_accuracy(self._configuration, self.pipeline)
        total = 0.0
        for request in completed:
            total += request.accuracy
        return total / len(completed)
