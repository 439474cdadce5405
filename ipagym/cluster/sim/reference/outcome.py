"""The end of requests."""

from ipagym.cluster.sim.reference.clock import Clock
from ipagym.cluster.sim.reference.stage import StageServer
from ipagym.cluster.sim.reference.window import Recorder
from ipagym.cluster.sim.request import Outcome, Request


class Outcomes:
    """Answers requests and drops them."""

    def __init__(self, clock: Clock, recorder: Recorder) -> None:
        self._clock = clock
        self._recorder = recorder

    def answer(self, request: Request) -> None:
        """The request is answered now."""
        request.outcome = Outcome.COMPLETED
        request.end_s = self._clock.now
        self._recorder.completion(request)

    def drop(self, stage: StageServer, request: Request) -> None:
        """The stage gives the request up; its copies leave the queues of other stages."""
        request.outcome = Outcome.DROPPED
        request.end_s = self._clock.now
        stage.dropped += 1
        self._recorder.drop(request)
        for queue in request.places:
            queue.discard(request)
        request.places = []
