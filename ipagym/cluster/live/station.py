"""A queue whose batches are served by what really runs."""

from ipagym.cluster.live.children.framing import Message
from ipagym.cluster.live.hosting import Hosting
from ipagym.cluster.live.lifecycle import LiveLifecycle
from ipagym.cluster.live.payloads import Payloads
from ipagym.cluster.sim.reference.clock import Clock
from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.station import Station
from ipagym.cluster.sim.request import Outcome, Request
from ipagym.task.physics import Physics

MOST_TRIES = 3
"""Services of a request that may be cut off by the end of the server: it is dropped then, as it may be the cause."""


class LiveStation(Station):
    """Serves batches by its replicas' servers.

    The batch of a server that ends goes back to the front of the queue, and the server is started anew.
    """

    def __init__(
        self,
        stage: int,
        fleet: Fleet,
        clock: Clock,
        *,
        physics: Physics,
        sampling: Sampling,
        payloads: Payloads,
        hosting: Hosting,
    ) -> None:
        super().__init__(stage, fleet, clock, physics=physics, sampling=sampling)
        self._payloads = payloads
        self._hosting = hosting
        assert isinstance(fleet.life, LiveLifecycle), "a live station has live replicas"
        fleet.life.on_answers = self._answered
        fleet.life.on_end = self._ended

    def _begin_service(self, replica: Replica, batch: list[Request]) -> None:
        self._hosting.serve(replica, [self._payloads.of(request, self.stage) for request in batch])

    def _answered(self, replica: Replica, message: Message) -> None:
        """The answers to a batch have come."""
        if not replica.is_busy or replica.service != message.number:
            return
        for request, answer in zip(replica.batch, message.items, strict=True):
            if request.outcome is Outcome.IN_SYSTEM:
                self._payloads.keep(request, self.stage, answer)
        self._finish(replica, message.number)

    def _ended(self, replica: Replica) -> None:
        """The server of a replica has ended, though nobody told it to."""
        for request in replica.batch:
            if request.outcome is Outcome.IN_SYSTEM and request.repeats[self.stage] + 1 >= MOST_TRIES:
                self.drop(request)
        if replica.state is State.DRAINING:
            batch = self.fleet.life.lose_batch(replica)
            self.fleet.lose(replica, needed=False)
            self._push_back(batch)
        elif replica.state is State.READY:
            self.crash_replica(replica)
        else:
            self.fleet.life.load(replica)
        self.on_due()
        self.use_room()
