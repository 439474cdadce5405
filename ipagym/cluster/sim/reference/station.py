"""One queue and the fleet that serves it."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.queues import ORDERS
from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.sleep import sleep, wake
from ipagym.cluster.sim.request import Outcome, Request
from ipagym.model.configuration import Deployment
from ipagym.model.latency import LatencyModel
from ipagym.task.physics import Physics


class Station:
    """Queues requests, forms batches and serves them. A stage has a station for each deployment it may run at once.

    `on_completion` takes each replica that has finished its batch, `drop` each request that is given up; `on_due` is
    called when something may be started, `use_room` when a replica has left room on its node. A closed station only
    serves what is still queued.
    """

    def __init__(self, stage: int, fleet: Fleet, clock: Clock, *, physics: Physics, sampling: Sampling) -> None:
        self.fleet = fleet
        self.queue = ORDERS[physics.order]()
        self.closed = True
        self.credit = 0.0
        self.stage = stage
        self.on_completion: Callable[[Replica], None] = lambda replica: None
        self.drop: Callable[[Request], None] = lambda request: None
        self.on_due: Callable[[], None] = lambda: None
        self.use_room: Callable[[], None] = lambda: None
        self._clock = clock
        self._physics = physics
        self._sampling = sampling
        self._timer_s: float | None = None
        fleet.life.on_look = self._look

    @property
    def setting(self) -> Deployment:
        """The deployment asked for; of a closed station, the last one."""
        assert self.fleet.target.setting is not None, "a station that was never open has no requests"
        return self.fleet.target.setting

    def enqueue(self, request: Request) -> None:
        """A request arrives: it queues, or is dropped where the queue is full and nothing in it can start."""
        if self._is_full():
            self.start_batches()  # of a batch handed over, some may be here that were not looked at yet
        if self._is_full():
            self.drop(request)
            return
        request.enqueued_s[self.stage] = self._clock.now
        request.places.append(self.queue)
        self.queue.push(request)

    def start_batches(self) -> None:
        """Start batches as long as one is due and a replica is idle."""
        while len(self.queue) and (replica := self.fleet.idle()):
            due_s = self.queue.first_in().enqueued_s[self.stage] + self._physics.batch_timeout_s
            if len(self.queue) < self.setting.batch and self._clock.now < due_s:
                self._set_timer(due_s)
                break
            if batch := self._form_batch(_latency(replica)):
                self._serve(replica, batch)
        wake(self.fleet, len(self.queue))

    def crash_replica(self, replica: Replica) -> None:
        """The replica crashes and starts anew; its batch is queued again."""
        batch = self.fleet.life.lose_batch(replica)
        self.fleet.life.crash(replica)
        self._push_back(batch)

    def lose_node(self, node: int) -> None:
        """The replicas on the node are gone; those that are needed wait for room elsewhere."""
        for replica in list(self.fleet.replicas):
            if replica.state is not State.PENDING and replica.node == node:
                needed = self.closed or not self.fleet.target.is_old(replica)
                batch = self.fleet.life.lose_batch(replica)
                self.fleet.lose(replica, needed=needed)
                self._push_back(batch)

    def _look(self, replica: Replica, start: int) -> None:
        """Let a replica of an open station sleep that has been idle for long enough while nothing waits."""
        if replica.state is not State.READY or replica.start != start:
            return
        replica.is_watched = False
        if replica.is_busy or self.closed or self.fleet.target.is_old(replica):
            return
        keep_alive_s = self._physics.keep_alive_s
        assert keep_alive_s is not None, "replicas are looked at only where they may sleep"
        if self._clock.now < replica.idle_since_s + keep_alive_s:
            self.fleet.life.watch(replica, replica.idle_since_s)
        elif len(self.queue):
            self.fleet.life.watch(replica, self._clock.now)
        else:
            sleep(self.fleet, replica)
            self.use_room()

    def _is_full(self) -> bool:
        max_queue = self._physics.drop.max_queue
        return max_queue is not None and len(self.queue) >= max_queue

    def _push_back(self, batch: list[Request]) -> None:
        alive = [request for request in batch if request.outcome is Outcome.IN_SYSTEM]
        for request in alive:
            request.places.append(self.queue)
            self._sampling.spread_again(request, self.stage)
        self.queue.push_back(alive)

    def _set_timer(self, due_s: float) -> None:
        """Look again when the oldest request's batch is due; one timer lives at a time."""
        if self._timer_s is None or due_s < self._timer_s:
            self._timer_s = due_s
            self._clock.at(due_s, Priority.TIMER, lambda: self._timer_fired(due_s))

    def _timer_fired(self, due_s: float) -> None:
        if self._timer_s == due_s:
            self._timer_s = None
            self.on_due()

    def _form_batch(self, latency: LatencyModel) -> list[Request]:
        batch: list[Request] = []
        target = self.setting.batch
        while len(self.queue) and len(batch) < target:
            size = min(target, len(batch) + len(self.queue))
            request = self.queue.pop()
            request.places.remove(self.queue)
            if self._gives_up(request, latency.average(size)):
                self.drop(request)
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
        for request in batch:
            request.started_s[self.stage] = self._clock.now
            request.batch_sizes[self.stage] = len(batch)
            request.variants[self.stage] = replica.variant.name
        self.fleet.life.took_batch(replica)
        self._begin_service(replica, batch)

    def _begin_service(self, replica: Replica, batch: list[Request]) -> None:
        """Plan the end of the service that begins now."""
        service = replica.service
        end_s = self._clock.now + self._sampling.service_s(replica, batch, self.stage)
        self._clock.at(end_s, Priority.COMPLETION, lambda: self._finish(replica, service))

    def _finish(self, replica: Replica, service: int) -> None:
        """The service of a batch should be done; a later one, or none, shows that it was cut off."""
        if replica.service == service:
            self.on_completion(replica)


def _latency(replica: Replica) -> LatencyModel:
    return replica.variant.latency_on(replica.cores)
