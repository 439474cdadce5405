"""The stages of a live cluster: those of the reference engine, over servers that are real."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from time import monotonic

from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.live.lifecycle import LiveLifecycle
from ipagym.cluster.live.load import Load
from ipagym.cluster.live.payloads import Payloads
from ipagym.cluster.live.program import Program
from ipagym.cluster.live.recorder import LiveRecorder
from ipagym.cluster.live.servers import Servers
from ipagym.cluster.live.station import LiveStation
from ipagym.cluster.sim.reference import rollout
from ipagym.cluster.sim.reference.clock import Priority
from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.graph import Graph
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.outcome import Outcomes
from ipagym.cluster.sim.reference.placement import Placement
from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.stage import StageServer
from ipagym.cluster.sim.reference.station import Station
from ipagym.cluster.sim.reference.window import close_window
from ipagym.cluster.sim.request import MOST_IN_SYSTEM, Request, too_many
from ipagym.model.configuration import Configuration
from ipagym.model.pipeline import Stage
from ipagym.model.window import Window
from ipagym.random.streams import Streams
from ipagym.task.faults import Faults
from ipagym.task.scenario import Scenario


class Serving:
    """An episode that runs; all of it in the dispatcher's thread."""

    def __init__(
        self,
        scenario: Scenario,
        program: Program,
        seed: int,
        dispatcher: Dispatcher,
        *,
        servers: Servers,
        folder: Path,
        errors: Path,
        keep_requests: bool,
    ) -> None:
        self.configuration = scenario.initial
        self._clock = dispatcher.clock
        self._scenario = scenario
        self._program = program
        # Service times, starts and crashes are what they are; resizing takes no time but that of the batch at work.
        resize_s = 0.0 if servers.is_in_place and scenario.physics.resize_s is not None else None
        self._physics = replace(scenario.physics, service="constant", faults=Faults(), resize_s=resize_s)
        self._sampling = Sampling(self._physics, Streams.spawn(seed), scenario.pipeline)
        self._payloads = Payloads(scenario.pipeline, program)
        self.recorder = LiveRecorder(self._payloads, keep_requests=keep_requests)
        self.servers = servers
        self._lives: list[LiveLifecycle] = []
        self._placement = Placement(Nodes(scenario.limits.node_cores))
        self.stages = [self._build_stage(index) for index in range(len(scenario.pipeline.stages))]
        self._stations = [station for stage in self.stages for station in stage.stations]
        self._placement.fleets = [station.fleet for station in self._stations]
        self._graph = Graph(
            scenario.pipeline,
            self.stages,
            self._clock,
            outcomes=Outcomes(self._clock, self.recorder),
            use_room=self._placement.use_room,
        )
        self._missing = [len(needed) for needed in scenario.pipeline.predecessors]
        self._finals = sum(not following for following in scenario.pipeline.successors)
        self.load = Load(scenario, seed, dispatcher, folder=folder, errors=errors)
        self.load.enter = self._enter
        self._closing: Callable[[], None] | None = None

    @property
    def starts(self) -> list[tuple[str, float]]:
        """The variant and the seconds of every start so far."""
        return [start for life in self._lives for start in life.starts]

    def begin(self, begun: "Future[None]") -> None:
        """Start the replicas of the initial configuration; time begins when all of them are ready, and the load."""

        def look() -> None:
            starting = any(station.fleet.count(State.STARTING) for station in self._stations)
            if self.load.is_ready and not starting and not begun.done():
                self._clock.begin(monotonic())
                self.load.begin()
                begun.set_result(None)

        # A load generator that is ready later than that was started anew.
        self.load.on_ready = lambda: self.load.begin() if begun.done() else look()
        for station in self._stations:
            _call_after_ready(station.fleet, look)
        rollout.follow(self.stages, self.configuration, self._placement.use_room)

    def follow(self, configuration: Configuration) -> None:
        """Start moving to a configuration."""
        self.configuration = configuration
        rollout.follow(self.stages, configuration, self._placement.use_room)

    def close_at(self, start_s: float, end_s: float, closed: "Future[Window]") -> None:
        """Close a window at its end, or once the last request that arrives before it is here."""

        def close() -> None:
            if not self.load.has_sent_until(end_s):
                self._closing = close
                return
            self._closing = None
            self.recorder.until_s = end_s
            closed.set_result(self._window(start_s, end_s))

        self._clock.at(end_s, Priority.ARRIVAL, close)

    def end(self) -> None:
        """End everything that serves or sends; the dispatcher has ended before."""
        self.load.end()
        self.servers.end_all()

    def _window(self, start_s: float, end_s: float) -> Window:
        return close_window(
            self.recorder,
            self.stages,
            self._scenario,
            self.configuration,
            start_s=start_s,
            end_s=end_s,
            scraped=True,
        )

    def _enter(self, number: int) -> None:
        if self.recorder.really_in_system == MOST_IN_SYSTEM:
            raise too_many()
        sent_s, arrival_s = float(self.load.sent_s[number]), float(self.load.arrival_s[number])
        deadline_s = sent_s + self._scenario.pipeline.slo_s
        request = Request(number, sent_s, arrival_s, deadline_s, self._missing.copy(), self._finals)
        self.recorder.arrival(request)
        self._graph.enter(request)
        if self._closing is not None:
            self._closing()

    def _build_stage(self, index: int) -> StageServer:
        stations = [self._build_station(index) for _ in range(self._scenario.limits.max_deployments)]
        return StageServer(list[Station](stations), self._placement.use_room)

    def _build_station(self, index: int) -> LiveStation:
        stage, nodes, physics = self._scenario.pipeline.stages[index], self._placement.nodes, self._physics
        life = self._build_life(stage)
        fleet = Fleet(stage, life, self._clock, nodes, physics=physics, sampling=self._sampling)
        return LiveStation(
            index,
            fleet,
            self._clock,
            physics=physics,
            sampling=self._sampling,
            payloads=self._payloads,
            servers=self.servers,
        )

    def _build_life(self, stage: Stage) -> LiveLifecycle:
        life = LiveLifecycle(
            stage,
            self._clock,
            self._placement.nodes,
            self._sampling,
            physics=self._physics,
            program=self._program,
            servers=self.servers,
        )
        self._lives.append(life)
        return life


def _call_after_ready(fleet: Fleet, call: Callable[[], None]) -> None:
    """Call it, too, whenever a replica of the fleet has become ready."""
    served = fleet.on_ready

    def ready() -> None:
        served()
        call()

    fleet.on_ready = ready
