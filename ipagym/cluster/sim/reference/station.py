"""One queue and the fleet that serves it."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.queues import ORDERS
from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.request import Outcome, Request
from ipagym.model.configuration import StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.task.physics import Physics


class Station:
    """Queues requests, forms batches and serves them. A stage has a station for each deployment it may run at once.

    `served` takes the requests of each batch that was served here, `dropped` each that was given up; `dispatched` is
    called whenever the station has started what it could. A closed station only serves what is still queued.
    """

    def __init__(self, stage: int, fleet: Fleet, clock: Clock, physics: Physics, sampling: Sampling) -> None:
        self.fleet = fleet
        self.queue = ORDERS[physics.order]()
        self.closed = True
        self.credit = 0.0
        self.served: Callable[[list[Request]], None] = lambda batch: None
        self.dropped: Callable[[Request], None] = lambda request: None
        self.dispatched: Callable[[], None] = lambda: None
        self._stage = stage
        self._clock = clock
        self._physics = physics
        self._sampling = sampling
        self._timer_s: float | None = None
        fleet.on_ready = self.dispatch

    @property
    def setting(self) -> StageSetting:
        """The deployment asked for; of a closed station, the last one."""
        assert self.fleet.setting is not None, "a station that was never open has no requests"
        return self.fleet.setting

    def accept(self, request: Request) -> None:
        """A request arrives: it queues, or is dropped where the queue is full and nothing in it can start."""
        if self._is_full():
            self.start_batches()  # of a batch handed over, some may be here that were not looked at yet
        if self._is_full():
            self.dropped(request)
            return
        request.enqueued_s[self._stage] = self._clock.now
        request.places.append(self.queue)
        self.queue.push(request)

    def dispatch(self) -> None:
        """Start what can be started, and tell that this was done."""
        self.start_batches()
        self.dispatched()

    def start_batches(self) -> None:
        """Start batches as long as one is due and a replica is idle."""
        while len(self.queue) and (replica := self.fleet.idle()):
            due_s = self.queue.first_in().enqueued_s[self._stage] + self._physics.batch_timeout_s
            if len(self.queue) < self.setting.batch and self._clock.now < due_s:
                self._set_timer(due_s)
                break
            if batch := self._form_batch(_latency(replica)):
                self._serve(replica, batch)
        if self.fleet.asleep and len(self.queue) and not self.fleet.idle():
            self.fleet.wake(-(-len(self.queue) // self.setting.batch))

    def crash(self, replica: Replica) -> None:
        """The replica crashes and starts anew; its batch is served again."""
        self._push_back(self.fleet.crash(replica))
        self.dispatch()

    def lose_node(self, node: int) -> None:
        """The replicas on the node are gone; those that are needed wait for room elsewhere."""
        for replica in list(self.fleet.replicas):
            if replica.state is not State.PENDING and replica.node == node:
                needed = self.closed or not self.fleet.is_old(replica)
                self._push_back(self.fleet.lose(replica, needed=needed))

    def _is_full(self) -> bool:
        max_queue = self._physics.drop.max_queue
        return max_queue is not None and len(self.queue) >= max_queue

    def _push_back(self, batch: list[Request]) -> None:
        alive = [request for request in batch if request.outcome is Outcome.IN_SYSTEM]
        for request in alive:
            request.places.append(self.queue)
            self._sampling.spread_again(request, self._stage)
        self.queue.push_back(alive)

    def _set_timer(self, due_s: float) -> None:
        """Look again when the oldest request's batch is due; one timer lives at a time."""
        if self._timer_s is None or due_s < self._timer_s:
            self._timer_s = due_s
            self._clock.at(due_s, Priority.TIMER, lambda: self._timer_fired(due_s))

    def _timer_fired(self, due_s: float) -> None:
        if self._timer_s == due_s:
            self._timer_s = None
            self.dispatch()

    def _form_batch(self, latency: LatencyModel) -> list[Request]:
        batch: list[Request] = []
        target = self.setting.batch
        while len(self.queue) and len(batch) < target:
            size = min(target, len(batch) + len(self.queue))
            request = self.queue.pop()
            request.places.remove(self.queue)
            if self._gives_up(request, latency.average(size)):
                self.dropped(request)
            else:
                batch.append(request)
        return batch

    def _gives_up(self, request: Request, service_s: float) -> bool:
        now, drop = self._clock.now, self._physics.drop
        return (
            (drop.expired and now > request.deadline_s)
            or (drop.hopeless and now + service_s > request.deadline_s)
            or (drop.max_age_s is not None and now - request.arrival_s >= drop.max_age_s)
        )

    def _serve(self, replica: Replica, batch: list[Request]) -> None:
        replica.batch = batch
        replica.service += 1
        service = replica.service
        for request in batch:
            request.started_s[self._stage] = self._clock.now
            request.batch_sizes[self._stage] = len(batch)
            request.variants[self._stage] = replica.variant.name
        self.fleet.took_batch(replica)
        end_s = self._clock.now + self._sampling.service_s(_latency(replica), batch, self._stage)
        self._clock.at(end_s, Priority.COMPLETION, lambda: self._complete(replica, service))

    def _complete(self, replica: Replica, service: int) -> None:
        if replica.service != service:
            return
        batch, replica.batch = replica.batch, []
        self.fleet.finished_batch(replica)
        alive = [request for request in batch if request.outcome is Outcome.IN_SYSTEM]
        for request in alive:
            request.finished_s[self._stage] = self._clock.now
            request.accuracy *= replica.variant.accuracy
        self.served(alive)
        self.dispatch()


def _latency(replica: Replica) -> LatencyModel:
    return replica.variant.latency_on(replica.cores)
