"""The way of requests through the graph of stages."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock
from ipagym.cluster.sim.reference.outcome import Outcomes
from ipagym.cluster.sim.reference.replica import Replica
from ipagym.cluster.sim.reference.stage import StageServer
from ipagym.cluster.sim.reference.station import Station
from ipagym.cluster.sim.request import Outcome, Request
from ipagym.model.pipeline import Pipeline


class Graph:
    """Leads requests from stage to stage; `use_room` is called when a replica has left room on its node."""

    def __init__(
        self,
        pipeline: Pipeline,
        stages: list[StageServer],
        clock: Clock,
        *,
        outcomes: Outcomes,
        use_room: Callable[[], None],
    ) -> None:
        self._pipeline = pipeline
        self._needs, self._next = pipeline.predecessors, pipeline.successors
        self._stages = stages
        self._clock = clock
        self._outcomes = outcomes
        self._use_room = use_room
        for stage in stages:
            for station in stage.stations:
                self._connect(station, stage)

    def enter(self, request: Request) -> None:
        """A request goes to every stage that needs no other."""
        for stage, needed in zip(self._stages, self._needs, strict=True):
            if not needed and request.outcome is Outcome.IN_SYSTEM:
                stage.dispatch(stage.accept(request))

    def complete(self, station: Station, replica: Replica) -> None:
        """A replica has finished its batch: all of it goes on before any of it is served again."""
        batch, replica.batch = replica.batch, []
        if station.fleet.life.finished_batch(replica):
            self._use_room()
        for request in batch:
            if request.outcome is Outcome.IN_SYSTEM:
                request.finished_s[station.stage] = self._clock.now
                request.accuracy *= replica.variant.accuracy
                self._forward(request, station.stage)
        for following in self._next[station.stage]:
            self._stages[following].dispatch_stage()
        self._stages[station.stage].dispatch(station)

    def _forward(self, request: Request, stage: int) -> None:
        """The request goes to the stages that were waiting for it to be served by `stage`."""
        for following in self._next[stage]:
            request.missing[following] -= 1
            if not request.missing[following] and request.outcome is Outcome.IN_SYSTEM:
                self._stages[following].accept(request)
        if not self._next[stage]:
            request.unanswered -= 1
            if not request.unanswered:
                if self._pipeline.accuracy_by_combination:
                    request.accuracy = self._pipeline.accuracy_of(request.variants)
                self._outcomes.answer(request)

    def _connect(self, station: Station, stage: StageServer) -> None:
        station.on_completion = lambda replica: self.complete(station, replica)
        station.drop = lambda request: self._outcomes.drop(stage, request)
