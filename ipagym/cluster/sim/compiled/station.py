"""A queue and the fleet that serves it; as in `ipagym.cluster.sim.reference.station`."""

from ipagym.cluster.sim.compiled.access import (
    average_s_of,
    batches_of,
    log_stages_of,
    places_of,
    replicas_of,
    requests_of,
    stations_of,
)
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.fleet import lose
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import COMPLETION, IN_SYSTEM, PENDING, READY, TIMER, Record
from ipagym.cluster.sim.compiled.lifecycle import crash, lose_batch, took_batch, watch
from ipagym.cluster.sim.compiled.outcome import drop, forget
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.queues import first_in, pop, push, push_back
from ipagym.cluster.sim.compiled.repeats import spread_again
from ipagym.cluster.sim.compiled.sampling import service_s
from ipagym.cluster.sim.compiled.sleep import sleep, wake
from ipagym.cluster.sim.compiled.slots import next_slot
from ipagym.cluster.sim.compiled.target import is_old


@kernel
def enqueue(rules: Record, sim: Record, station: int, request: int) -> None:
    """A request arrives: it queues, or is dropped where the queue is full and nothing in it can start."""
    stage = station // rules.stations_per_stage
    if _is_full(rules, sim, station):
        start_batches(rules, sim, station)  # of a batch handed over, some may be here that were not looked at yet
    if _is_full(rules, sim, station):
        drop(rules, sim, stage, request)
        return
    places_of(sim)[request, stage].enqueued_s = sim.now_s
    if rules.keep:
        log_stages_of(sim)[requests_of(sim)[request].index, stage].enqueued_s = sim.now_s
    push(rules, sim, station, request)


@kernel
def start_batches(rules: Record, sim: Record, station_index: int) -> None:
    """Start batches as long as one is due and a replica is idle."""
    station = stations_of(sim)[station_index]
    while station.queued > 0 and station.idle > 0:
        oldest = first_in(rules, sim, station_index)
        due_s = places_of(sim)[oldest, station_index // rules.stations_per_stage].enqueued_s + rules.batch_timeout_s
        if station.queued < station.batch and sim.now_s < due_s:
            if due_s < station.timer_s:
                station.timer_s = due_s
                schedule(sim, due_s, TIMER, (station_index, 0, 0))
            return
        slot = station.first_idle
        size = _form_batch(rules, sim, station_index, slot)
        if size:  # else all that were looked at have been dropped
            _serve(rules, sim, station_index, slot, size)
    wake(rules, sim, station_index)


@kernel
def crash_replica(rules: Record, sim: Record, station: int, slot: int) -> None:
    """The replica crashes and starts anew; its batch is queued again."""
    size = lose_batch(rules, sim, station, slot)
    crash(rules, sim, station, slot)
    _push_back(rules, sim, station, (slot, size))


@kernel
def lose_node(rules: Record, sim: Record, station: int, node: int) -> None:
    """The replicas on the node are gone; those that are needed wait for room elsewhere."""
    slot = next_slot(sim, station, -1)
    while slot >= 0:
        replica = replicas_of(sim)[station, slot]
        index = replica.index
        if replica.state != PENDING and replica.node == node:
            needed = stations_of(sim)[station].closed or not is_old(rules, sim, station, slot)
            size = lose_batch(rules, sim, station, slot)
            lose(rules, sim, station, slot, needed)
            _push_back(rules, sim, station, (slot, size))
        slot = next_slot(sim, station, index)


@kernel
def look(rules: Record, sim: Record, station: int, event: tuple[int, int]) -> None:
    """Let a replica of an open station sleep that has been idle for long enough while nothing waits."""
    slot, start = event
    replica = replicas_of(sim)[station, slot]
    if replica.state != READY or replica.start != start:
        return
    replica.watched = 0
    if replica.size or stations_of(sim)[station].closed or is_old(rules, sim, station, slot):
        return
    if sim.now_s < replica.idle_since_s + rules.keep_alive_s:
        watch(rules, sim, (station, slot), replica.idle_since_s)
    elif stations_of(sim)[station].queued:
        watch(rules, sim, (station, slot), sim.now_s)
    else:
        sleep(rules, sim, station, slot)
        use_room(rules, sim)


@kernel
def _is_full(rules: Record, sim: Record, station: int) -> bool:
    return bool(rules.max_queue >= 0 and stations_of(sim)[station].queued >= rules.max_queue)


@kernel
def _push_back(rules: Record, sim: Record, station: int, batch: tuple[int, int]) -> None:
    slot, size = batch
    for i in range(size - 1, -1, -1):
        request = batches_of(sim)[station, slot, i]
        requests_of(sim)[request].serving -= 1
        if requests_of(sim)[request].outcome == IN_SYSTEM:
            spread_again(rules, sim, request, station // rules.stations_per_stage)
            push_back(rules, sim, station, request)
        else:
            forget(sim, request)


@kernel
def _form_batch(rules: Record, sim: Record, station_index: int, slot: int) -> int:
    station = stations_of(sim)[station_index]
    model = replicas_of(sim)[station_index, slot].model
    size = 0
    while station.queued > 0 and size < station.batch:
        possible = min(station.batch, size + station.queued)
        request = pop(rules, sim, station_index)
        if _gives_up(rules, sim, request, average_s_of(rules)[model, possible]):
            drop(rules, sim, station_index // rules.stations_per_stage, request)
        else:
            batches_of(sim)[station_index, slot, size] = request
            size += 1
    return size


@kernel
def _gives_up(rules: Record, sim: Record, index: int, service: float) -> bool:
    now_s, request = sim.now_s, requests_of(sim)[index]
    return bool(
        (rules.expired and now_s > request.deadline_s)
        or (rules.hopeless and now_s + service > request.deadline_s)
        or now_s - request.arrival_s >= rules.max_age_s
    )


@kernel
def _serve(rules: Record, sim: Record, station: int, slot: int, size: int) -> None:
    replica = replicas_of(sim)[station, slot]
    replica.size = size
    replica.service += 1
    for i in range(size):
        request = batches_of(sim)[station, slot, i]
        requests_of(sim)[request].serving += 1
        if rules.keep:
            entry = log_stages_of(sim)[requests_of(sim)[request].index, station // rules.stations_per_stage]
            entry.started_s, entry.size, entry.model = sim.now_s, size, replica.model
    took_batch(rules, sim, station, slot)
    stage = station // rules.stations_per_stage
    end_s = sim.now_s + service_s(rules, sim, (stage, replica.model, size), batches_of(sim)[station, slot, 0])
    schedule(sim, end_s, COMPLETION, (station, slot, replica.service))
