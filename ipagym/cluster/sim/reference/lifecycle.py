"""The life of one replica, from room on a node to its end."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.meter import Meter
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.request import Request


class Lifecycle:
    """Loads, readies, watches, crashes and removes the replicas of a station, and meters what they hold and do.

    `on_loaded` takes each replica whose start should be done, and the number of that start; `on_look` the same of one
    that may have been idle for `keep_alive_s`.
    """

    def __init__(
        self, stage: str, clock: Clock, nodes: Nodes, sampling: Sampling, *, keep_alive_s: float | None
    ) -> None:
        self._stage = stage
        self._clock = clock
        self._nodes = nodes
        self._sampling = sampling
        self._keep_alive_s = keep_alive_s
        self.replicas: list[Replica] = []
        self.cores, self.ready = Meter(), Meter()
        self.busy, self.busy_cores = Meter(), Meter()
        self.on_loaded: Callable[[Replica, int], None] = lambda replica, start: None
        self.on_look: Callable[[Replica, int], None] = lambda replica, start: None

    def admit(self, replica: Replica) -> None:
        """A replica got room on a node: its model starts loading."""
        self.cores.change(replica.cores, self._clock.now)
        self.load(replica)

    def load(self, replica: Replica) -> None:
        """The replica's model starts loading."""
        replica.state = State.STARTING
        replica.is_watched = False
        # An event cannot be taken back: one of an earlier start is known by its number.
        replica.start += 1
        self._begin_start(replica)

    def make_ready(self, replica: Replica) -> None:
        """The replica can serve from now on."""
        replica.state = State.READY
        replica.idle_since_s = self._clock.now
        self.ready.change(1, self._clock.now)
        self.watch(replica, replica.idle_since_s)

    def watch(self, replica: Replica, since_s: float) -> None:
        """Look at the replica when it has been idle for long enough; one look is planned at a time."""
        if self._keep_alive_s is not None and not replica.is_watched:
            replica.is_watched = True
            start, due_s = replica.start, max(self._clock.now, since_s + self._keep_alive_s)
            self._clock.at(due_s, Priority.TIMER, lambda: self.on_look(replica, start))

    def took_batch(self, replica: Replica) -> None:
        """The replica, given its batch, is at work from now."""
        self.busy.change(1, self._clock.now)
        self.busy_cores.change(replica.cores, self._clock.now)

    def finished_batch(self, replica: Replica) -> bool:
        """The replica, its batch taken away, is idle from now, or gone if it was draining; tells whether it is gone."""
        replica.idle_since_s = self._clock.now
        self._stop_work(replica)
        if replica.state is State.DRAINING:
            self.ready.change(-1, self._clock.now)
            self.remove(replica)
            return True
        self.watch(replica, replica.idle_since_s)
        return False

    def lose_batch(self, replica: Replica) -> list[Request]:
        """Take the batch of a replica that stops in the middle of it."""
        batch, replica.batch = replica.batch, []
        if batch:
            replica.service += 1
            self._stop_work(replica)
        return batch

    def crash(self, replica: Replica) -> None:
        """A ready replica, its batch taken away before, starts again where it is."""
        self.ready.change(-1, self._clock.now)
        self.load(replica)

    def retire(self, replica: Replica) -> None:
        """The replica goes, once it has finished its batch."""
        if replica.is_busy:
            replica.state = State.DRAINING
            return
        if replica.state is State.READY:
            self.ready.change(-1, self._clock.now)
        self.remove(replica)

    def remove(self, replica: Replica) -> None:
        """The replica is gone, and what it held is free."""
        self._nodes.release(replica)
        if replica.state is not State.PENDING:
            self.cores.change(-replica.cores, self._clock.now)
        replica.state = State.GONE
        self.replicas.remove(replica)

    def _begin_start(self, replica: Replica) -> None:
        """Plan the end of the start that begins now."""
        start, ready_s = replica.start, self._clock.now + self._sampling.start_s(self._stage, replica)
        self._clock.at(ready_s, Priority.READY, lambda: self.on_loaded(replica, start))

    def _stop_work(self, replica: Replica) -> None:
        self.busy.change(-1, self._clock.now)
        self.busy_cores.change(-replica.cores, self._clock.now)
