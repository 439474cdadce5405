"""A queue and the fleet that serves it; as in `ipagym.cluster.sim.reference.station`."""

from ipagym.cluster.sim.compiled.access import (
    average_s_of,
    batches_of,
    lanes_of,
    log_stages_of,
    places_of,
    replicas_of,
    requests_of,
)
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.fleet import crash, is_old, lose, lose_batch, next_slot, took_batch
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import COMPLETION, IN_SYSTEM, PENDING, TIMER, Record
from ipagym.cluster.sim.compiled.outcome import drop, forget
from ipagym.cluster.sim.compiled.queues import first_in, pop, push, push_back
from ipagym.cluster.sim.compiled.repeats import draw_again
from ipagym.cluster.sim.compiled.sampling import service_s
from ipagym.cluster.sim.compiled.sleep import wake


@kernel
def accept(t: Record, s: Record, lane: int, request: int) -> None:
    """A request arrives: it queues, or is dropped where the queue is full and nothing in it can start."""
    stage = lane // t.lanes_per_stage
    if _is_full(t, s, lane):
        start_batches(t, s, lane)  # of a batch handed over, some may be here that were not looked at yet
    if _is_full(t, s, lane):
        drop(t, s, stage, request)
        return
    places_of(s)[request, stage].enqueued_s = s.now_s
    if t.keep:
        log_stages_of(s)[requests_of(s)[request].index, stage].enqueued_s = s.now_s
    push(t, s, lane, request)


@kernel
def start_batches(t: Record, s: Record, lane_index: int) -> None:
    """Start batches as long as one is due and a replica is idle."""
    lane = lanes_of(s)[lane_index]
    while lane.queued > 0 and lane.idle > 0:
        oldest = first_in(t, s, lane_index)
        due_s = places_of(s)[oldest, lane_index // t.lanes_per_stage].enqueued_s + t.batch_timeout_s
        if lane.queued < lane.batch and s.now_s < due_s:
            if due_s < lane.timer_s:
                lane.timer_s = due_s
                schedule(s, due_s, TIMER, (lane_index, 0, 0))
            return
        slot = lane.first_idle
        size = _form_batch(t, s, lane_index, slot)
        if size:
            _serve(t, s, lane_index, slot, size)
    wake(t, s, lane_index)


@kernel
def _is_full(t: Record, s: Record, lane: int) -> bool:
    return bool(t.max_queue >= 0 and lanes_of(s)[lane].queued >= t.max_queue)


@kernel
def crash_replica(t: Record, s: Record, lane: int, slot: int) -> None:
    """The replica crashes and starts anew; its batch is queued again."""
    size = lose_batch(t, s, lane, slot)
    crash(t, s, lane, slot)
    _push_back(t, s, lane, (slot, size))


@kernel
def lose_node(t: Record, s: Record, lane: int, node: int) -> None:
    """The replicas on the node are gone; those that are needed wait for room elsewhere."""
    slot = next_slot(s, lane, -1)
    while slot >= 0:
        replica = replicas_of(s)[lane, slot]
        index = replica.index
        if replica.state != PENDING and replica.node == node:
            needed = lanes_of(s)[lane].closed or not is_old(t, s, lane, slot)
            size = lose_batch(t, s, lane, slot)
            lose(t, s, lane, slot, needed)
            _push_back(t, s, lane, (slot, size))
        slot = next_slot(s, lane, index)


@kernel
def _push_back(t: Record, s: Record, lane: int, batch: tuple[int, int]) -> None:
    slot, size = batch
    for i in range(size - 1, -1, -1):
        request = batches_of(s)[lane, slot, i]
        requests_of(s)[request].serving -= 1
        if requests_of(s)[request].outcome == IN_SYSTEM:
            draw_again(t, s, request, lane // t.lanes_per_stage)
            push_back(t, s, lane, request)
        else:
            forget(s, request)


@kernel
def _form_batch(t: Record, s: Record, lane_index: int, slot: int) -> int:
    lane = lanes_of(s)[lane_index]
    model = replicas_of(s)[lane_index, slot].model
    size = 0
    while lane.queued > 0 and size < lane.batch:
        possible = min(lane.batch, size + lane.queued)
        request = pop(t, s, lane_index)
        if _gives_up(t, s, request, average_s_of(t)[model, possible]):
            drop(t, s, lane_index // t.lanes_per_stage, request)
        else:
            batches_of(s)[lane_index, slot, size] = request
            size += 1
    return size


@kernel
def _gives_up(t: Record, s: Record, index: int, service: float) -> bool:
    now_s, request = s.now_s, requests_of(s)[index]
    return bool(
        (t.expired and now_s > request.deadline_s)
        or (t.hopeless and now_s + service > request.deadline_s)
        or now_s - request.arrival_s >= t.max_age_s
    )


@kernel
def _serve(t: Record, s: Record, lane: int, slot: int, size: int) -> None:
    replica = replicas_of(s)[lane, slot]
    replica.size = size
    replica.service += 1
    for i in range(size):
        request = batches_of(s)[lane, slot, i]
        requests_of(s)[request].serving += 1
        if t.keep:
            entry = log_stages_of(s)[requests_of(s)[request].index, lane // t.lanes_per_stage]
            entry.started_s, entry.size, entry.model = s.now_s, size, replica.model
    took_batch(t, s, lane, slot)
    stage = lane // t.lanes_per_stage
    end_s = s.now_s + service_s(t, s, (stage, replica.model, size), batches_of(s)[lane, slot, 0])
    schedule(s, end_s, COMPLETION, (lane, slot, replica.service))
