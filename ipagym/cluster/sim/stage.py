"""One stage at work: its queue, its batches and who serves them."""

from collections.abc import Callable
from math import exp

import numpy as np

from ipagym.cluster.sim.clock import Clock, Priority
from ipagym.cluster.sim.fleet import Fleet
from ipagym.cluster.sim.queue import ORDERS
from ipagym.cluster.sim.replica import Replica
from ipagym.cluster.sim.request import Outcome, Request
from ipagym.pipeline import Variant
from ipagym.scenario import Physics


class StageServer:
    """Queues requests, forms batches and serves them on the replicas of its fleet.

    `forward` takes each request that this stage has served.
    """

    def __init__(self, fleet: Fleet, clock: Clock, physics: Physics, noise: np.random.Generator) -> None:
        self.fleet = fleet
        self.queue = ORDERS[physics.order]()
        self.forward: Callable[[Request], None] = lambda request: None
        self.arrivals = 0
        self.dropped: list[Request] = []
        self._clock = clock
        self._physics = physics
        self._noise = noise
        self._timer_s: float | None = None
        fleet.on_ready = self.dispatch

    def accept(self, request: Request) -> None:
        """A request arrives at the stage: it queues, or is dropped where the queue is full."""
        self.arrivals += 1
        max_queue = self._physics.drop.max_queue
        if max_queue is not None and len(self.queue) >= max_queue:
            self._drop(request)
            return
        request.enqueued_s.append(self._clock.now)
        self.queue.push(request)
        self.dispatch()

    def dispatch(self) -> None:
        """Start batches as long as one is due and a replica is idle."""
        while len(self.queue) and (replica := self.fleet.idle()):
            due_s = self.queue.oldest_enqueued_s() + self._physics.batch_timeout_s
            if len(self.queue) < self.fleet.setting.batch and self._clock.now < due_s:
                self._set_timer(due_s)
                return
            if batch := self._form_batch(replica.variant):
                self._serve(replica, batch)

    def _set_timer(self, due_s: float) -> None:
        """Look again when the oldest request's batch is due; one timer lives at a time."""
        if self._timer_s is None or due_s < self._timer_s:
            self._timer_s = due_s
            self._clock.at(due_s, Priority.TIMER, lambda: self._timer_fired(due_s))

    def _timer_fired(self, due_s: float) -> None:
        if self._timer_s == due_s:
            self._timer_s = None
            self.dispatch()

    def _form_batch(self, variant: Variant) -> list[Request]:
        batch: list[Request] = []
        target = self.fleet.setting.batch
        while len(self.queue) and len(batch) < target:
            size = min(target, len(batch) + len(self.queue))
            request = self.queue.pop()
            if self._gives_up(request, variant.latency.average(size)):
                self._drop(request)
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

    def _drop(self, request: Request) -> None:
        request.outcome = Outcome.DROPPED
        request.end_s = self._clock.now
        self.dropped.append(request)

    def _serve(self, replica: Replica, batch: list[Request]) -> None:
        replica.batch = batch
        for request in batch:
            request.started_s.append(self._clock.now)
            request.batch_sizes.append(len(batch))
            request.variants.append(replica.variant.name)
            request.accuracy *= replica.variant.accuracy
        self.fleet.took_batch(replica)
        end_s = self._clock.now + self._service_s(replica.variant, len(batch))
        self._clock.at(end_s, Priority.COMPLETION, lambda: self._complete(replica))

    def _service_s(self, variant: Variant, size: int) -> float:
        service_s = variant.latency.average(size)
        if not self._physics.service_noise:
            return service_s
        sigma = variant.latency.noise_sigma(size)
        return service_s * exp(sigma * self._noise.standard_normal() - sigma * sigma / 2)

    def _complete(self, replica: Replica) -> None:
        batch, replica.batch = replica.batch, []
        self.fleet.finished_batch(replica)
        for request in batch:
            request.finished_s.append(self._clock.now)
            self.forward(request)
        self.dispatch()
