"""A serving cluster simulated with SimPy: the physics, written to be read."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from ipagym.cluster.sim.clock import Clock, Priority
from ipagym.cluster.sim.fleet import Fleet
from ipagym.cluster.sim.nodes import Nodes
from ipagym.cluster.sim.recorder import Recorder
from ipagym.cluster.sim.replica import State
from ipagym.cluster.sim.request import Outcome, Request
from ipagym.cluster.sim.stage import StageServer
from ipagym.configuration import Configuration, check
from ipagym.errors import InputError
from ipagym.pipeline import Pipeline, pas
from ipagym.scenario import Scenario
from ipagym.streams import Streams
from ipagym.window import StageWindow, Window
from ipagym.workload.arrivals import arrival_blocks


class SimpyCluster:
    """The reference simulator: a chain of stages, each with a central queue, batches and replicas.

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
            raise InputError("requests were not kept: build the cluster with keep_requests=True")
        return self._recorder.requests

    @property
    def in_system(self) -> int:
        """Requests that have arrived and are neither answered nor dropped."""
        return self._recorder.arrived - self._recorder.ended - sum(len(s.dropped) for s in self._stages)

    def reset(self, seed: int) -> None:
        """Start afresh, with every replica of the scenario's initial configuration ready."""
        streams = Streams.spawn(seed)
        self._clock = Clock()
        self._recorder = Recorder(keep_requests=self._keep_requests)
        self._nodes = Nodes(self.scenario.limits.node_cores)
        self._stages = self._build_stages(streams.service)
        self._configuration = self.scenario.initial
        check(self._configuration, self.pipeline, self.scenario.limits)
        for stage, setting in zip(self._stages, self._configuration.stages, strict=True):
            stage.fleet.start(setting)
        rates = self.scenario.workload.rates_rps(streams.load)
        self._arrivals = self._timestamps(rates, streams.arrivals)
        self._schedule_arrival()

    def apply(self, configuration: Configuration) -> None:
        """Start moving to `configuration`; what an earlier one left unfinished is superseded.

        Raises:
            InputError: the configuration is outside the pipeline or the limits; nothing is changed then.
        """
        check(configuration, self.pipeline, self.scenario.limits)
        self._configuration = configuration
        for stage, setting in zip(self._stages, configuration.stages, strict=True):
            stage.fleet.follow(setting)
            stage.dispatch()

    def advance(self, seconds: float) -> Window:
        """Simulate `seconds` and report them.

        Raises:
            InputError: seconds is not a positive number.
        """
        if not 0 < seconds < float("inf"):
            raise InputError(f"seconds must be above 0 and finite, not {seconds}")
        start_s = self.now
        self._clock.run_to(start_s + seconds)
        return self._window(start_s, self.now)

    def close(self) -> None:
        """Nothing to release."""

    def _build_stages(self, noise: np.random.Generator) -> list[StageServer]:
        fleets = [Fleet(stage, self._clock, self._nodes) for stage in self.pipeline.stages]
        stages = [StageServer(fleet, self._clock, self.scenario.physics, noise) for fleet in fleets]
        for stage, following in pairwise(stages):
            stage.forward = following.accept
        stages[-1].forward = self._answer
        for fleet in fleets:
            fleet.on_room = self._use_room
        return stages

    def _use_room(self) -> None:
        """Place pending replicas; where a deployment is stuck, make room and try again."""
        fleets = [stage.fleet for stage in self._stages]
        while True:
            for replica in self._nodes.admit():
                next(fleet for fleet in fleets if replica in fleet.replicas).admit(replica)
            made = [fleet.make_room() for fleet in fleets]
            if not any(made):
                return

    def _timestamps(self, rates: np.ndarray, rng: np.random.Generator) -> Iterator[float]:
        for block in arrival_blocks(rates, self.scenario.physics.arrivals, rng):
            yield from block.tolist()

    def _schedule_arrival(self) -> None:
        time_s = next(self._arrivals, None)
        if time_s is not None:
            self._clock.at(time_s, Priority.ARRIVAL, lambda: self._arrive(time_s))

    def _arrive(self, time_s: float) -> None:
        request = Request(self._recorder.arrived, time_s, time_s, time_s + self.pipeline.slo_s)
        self._recorder.arrival(request)
        self._stages[0].accept(request)
        self._schedule_arrival()

    def _answer(self, request: Request) -> None:
        request.outcome = Outcome.COMPLETED
        request.end_s = self._clock.now
        self._recorder.completion(request)

    def _window(self, start_s: float, end_s: float) -> Window:
        dropped = [request for stage in self._stages for request in stage.dropped]
        stages = tuple(_stage_window(stage, end_s) for stage in self._stages)
        completed = self._recorder.take_completed()
        arrivals_per_s = self._recorder.take_arrivals(start_s, end_s)
        held = sum(stage.fleet.cores.read(end_s) for stage in self._stages)
        busy = sum(stage.fleet.busy_cores.read(end_s) for stage in self._stages)
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
            cores=held / (end_s - start_s),
            accuracy=self._served_accuracy(completed),
            energy_j=self._energy_j(held, busy),
            stages=stages,
            configuration=self._configuration,
        )

    def _energy_j(self, held_core_s: float, busy_core_s: float) -> float:
        idle, busy = self.pipeline.idle_watts_per_core, self.pipeline.busy_watts_per_core
        return idle * (held_core_s - busy_core_s) + busy * busy_core_s

    def _served_accuracy(self, completed: list[Request]) -> float:
        if completed:
            return sum(request.accuracy for request in completed) / len(completed)
        chosen = zip(self._configuration.stages, self.pipeline.stages, strict=True)
        return pas(stage.variant(setting.variant).accuracy for setting, stage in chosen)


def _stage_window(stage: StageServer, end_s: float) -> StageWindow:
    """The stage's figures since the last window; its counters start anew."""
    fleet = stage.fleet
    ready_s, busy_s = fleet.ready.read(end_s), fleet.busy.read(end_s)
    window = StageWindow(
        queue=len(stage.queue),
        arrivals=stage.arrivals,
        dropped=len(stage.dropped),
        utilisation=min(1.0, busy_s / ready_s) if ready_s > 0 else 0.0,
        ready=fleet.count(State.READY),
        starting=fleet.count(State.STARTING),
        pending=fleet.count(State.PENDING),
        draining=fleet.count(State.DRAINING),
    )
    stage.arrivals, stage.dropped = 0, []
    return window
