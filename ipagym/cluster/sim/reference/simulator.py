"""A serving cluster simulated with SimPy: the physics, written to be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ipagym.cluster.protocol import Snapshot
from ipagym.cluster.sim.log import RequestLog, log_of
from ipagym.cluster.sim.reference import rollout
from ipagym.cluster.sim.reference.arrivals import Arrivals, times_of
from ipagym.cluster.sim.reference.clock import Clock
from ipagym.cluster.sim.reference.faults import plan_faults
from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.graph import Graph
from ipagym.cluster.sim.reference.lifecycle import Lifecycle
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.outcome import Outcomes
from ipagym.cluster.sim.reference.placement import Placement
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.stage import StageServer
from ipagym.cluster.sim.reference.station import Station
from ipagym.cluster.sim.reference.window import Recorder, close_window
from ipagym.cluster.sim.request import NOT_KEPT, OTHER_ENGINE, Request
from ipagym.cluster.sim.span import check_span
from ipagym.model.configuration import Configuration
from ipagym.model.pipeline import Pipeline
from ipagym.model.validity import check
from ipagym.model.window import Window
from ipagym.random.streams import Streams
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Course:
    """The way to a state: a seed, and the configurations applied and seconds let pass since, in order.

    SimPy's events hold functions, which cannot be copied; going the whole way again comes to the same state.
    """

    seed: int
    steps: tuple[Configuration | float, ...]
    configuration: Configuration


class SimpyCluster:
    """The reference simulator: a graph of stages with queues, batches and replicas.

    With `keep_requests` the record of every request stays in `requests`. A fork, a copy or a pickle goes the way to its
    state again, from the seed: it takes as long as the episode so far has taken.
    """

    def __init__(self, scenario: Scenario, *, keep_requests: bool = False) -> None:
        self.scenario = scenario
        self._keep_requests = keep_requests
        self.reset(0)

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline that is served."""
        return self.scenario.pipeline

    @property
    def now(self) -> float:
        """Simulated seconds since the last reset."""
        return float(self._clock.now)

    @property
    def configuration(self) -> Configuration:
        """The configuration in force: the last one asked for, though it may still be rolling out."""
        return self._configuration

    @property
    def requests(self) -> list[Request]:
        """Every request that has arrived since the last reset, in order of arrival."""
        if self._recorder.requests is None:
            raise InputError(NOT_KEPT)
        return self._recorder.requests

    @property
    def log(self) -> RequestLog:
        """Every request that has arrived since the last reset, as arrays."""
        return log_of(self.requests, len(self.pipeline.stages))

    @property
    def in_system(self) -> int:
        """Requests that have arrived and are neither answered nor dropped."""
        return self._recorder.in_system

    def reset(self, seed: int) -> None:
        """Start afresh, with every replica of the scenario's initial configuration ready."""
        streams, scenario = Streams.spawn(seed), self.scenario
        check(scenario.initial, self.pipeline, scenario.limits)
        self._seed, self._steps = seed, list[Configuration | float]()
        self._configuration = scenario.initial
        self._clock = Clock()
        self._recorder = Recorder(keep_requests=self._keep_requests)
        self._placement = Placement(Nodes(scenario.limits.node_cores))
        self._sampling = self._make_sampling(streams)
        self._stages = [self._build_stage(index) for index in range(len(self.pipeline.stages))]
        self._stations = [station for stage in self._stages for station in stage.stations]
        self._placement.fleets = [station.fleet for station in self._stations]
        self._graph = Graph(
            self.pipeline,
            self._stages,
            self._clock,
            outcomes=Outcomes(self._clock, self._recorder),
            use_room=self._placement.use_room,
        )
        rollout.start(self._stages, scenario.initial)
        plan_faults(scenario, self._stages, self._clock, placement=self._placement, sampling=self._sampling)
        Arrivals(
            scenario,
            self._make_times(streams),
            self._clock,
            recorder=self._recorder,
            sampling=self._sampling,
            enter=self._graph.enter,
        ).plan_arrival()

    def apply(self, configuration: Configuration) -> None:
        """Start moving to `configuration`; what an earlier one left unfinished is superseded.

        Raises:
            InputError: the configuration is outside the pipeline or the limits; nothing is changed then.
        """
        check(configuration, self.pipeline, self.scenario.limits)
        self._steps.append(configuration)
        self._configuration = configuration
        rollout.follow(self._stages, configuration, self._placement.use_room)

    def advance(self, seconds: float) -> Window:
        """Simulate `seconds` and report them.

        Raises:
            InputError: seconds is not a positive number, or too small a one.
        """
        check_span(seconds, self.now)
        self._steps.append(seconds)
        start_s = self.now
        self._clock.run_to(start_s + seconds)
        scraped = not self._sampling.scrape_is_lost(self._recorder.windows)
        return close_window(
            self._recorder,
            self._stages,
            self.scenario,
            self._configuration,
            start_s=start_s,
            end_s=self.now,
            scraped=scraped,
        )

    def snapshot(self) -> Course:
        """The state at this instant, for `restore`: the way that led to it."""
        return Course(self._seed, tuple(self._steps), self._configuration)

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from where the snapshot of a cluster of the same scenario was taken, by doing all of it again.

        Raises:
            InputError: the snapshot is of another engine.
        """
        if not isinstance(snapshot, Course):
            raise InputError(OTHER_ENGINE)
        self.reset(snapshot.seed)
        for step in snapshot.steps:
            if isinstance(step, Configuration):
                self.apply(step)
            else:
                self.advance(step)

    def fork(self) -> "SimpyCluster":
        """A second cluster in the same state, independent from now on."""
        twin = SimpyCluster(self.scenario, keep_requests=self._keep_requests)
        twin.restore(self.snapshot())
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """What a copy needs: the way to this state, as events hold functions, which cannot be copied."""
        return {"scenario": self.scenario, "keep_requests": self._keep_requests, "course": self.snapshot()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.scenario, self._keep_requests = state["scenario"], state["keep_requests"]
        self.restore(state["course"])

    def close(self) -> None:
        """Nothing to release."""

    def _make_times(self, streams: Streams) -> Iterator[tuple[float, float]]:
        return times_of(self.scenario, streams)

    def _make_sampling(self, streams: Streams) -> Sampling:
        return Sampling(self.scenario.physics, streams, self.pipeline)

    def _build_stage(self, index: int) -> StageServer:
        stage, physics, nodes = self.pipeline.stages[index], self.scenario.physics, self._placement.nodes
        lives = [
            Lifecycle(stage.name, self._clock, nodes, self._sampling, keep_alive_s=physics.keep_alive_s)
            for _ in range(self.scenario.limits.max_deployments)
        ]
        fleets = [Fleet(stage, life, self._clock, nodes, physics=physics, sampling=self._sampling) for life in lives]
        stations = [Station(index, fleet, self._clock, physics=physics, sampling=self._sampling) for fleet in fleets]
        return StageServer(stations, self._placement.use_room)
