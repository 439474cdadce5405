"""The way of requests through stations and stages; as in `ipagym.cluster.sim.reference.stage` and `simulator`."""

from ipagym.cluster.sim.compiled.access import (
    batches_of,
    log_stages_of,
    models_of,
    needs_of,
    next_from_of,
    next_of,
    places_of,
    replicas_of,
    requests_of,
    stages_of,
    stations_of,
)
from ipagym.cluster.sim.compiled.fleet import count, finished_batch, next_slot, retire_all
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import IN_SYSTEM, PENDING, READY, Record
from ipagym.cluster.sim.compiled.outcome import answer, forget
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.station import accept, start_batches

OPEN_AND_READY, ANY_READY, ANY_OPEN = range(3)
"""Which stations a request may take."""


@kernel
def enter(rules: Record, sim: Record, index: int) -> None:
    """A request goes to every stage that needs no other."""
    for stage in range(len(stages_of(sim))):
        if needs_of(rules)[stage] == 0 and requests_of(sim)[index].outcome == IN_SYSTEM:
            dispatch(rules, sim, _accept(rules, sim, stage, index))


@kernel
def complete(rules: Record, sim: Record, station: int, slot: int) -> None:
    """A replica has finished its batch: all of it goes on before any of it is served again."""
    replica = replicas_of(sim)[station, slot]
    accuracy = models_of(rules)[replica.model].accuracy
    stage = station // rules.stations_per_stage
    size = replica.size
    replica.size = 0
    if finished_batch(rules, sim, station, slot):
        use_room(rules, sim)
    for i in range(size):
        index = batches_of(sim)[station, slot, i]
        request = requests_of(sim)[index]
        request.serving -= 1
        if request.outcome == IN_SYSTEM:
            request.accuracy *= accuracy
            if rules.keep:
                log_stages_of(sim)[request.index, stage].finished_s = sim.now_s
            _forward(rules, sim, stage, index)
        else:
            forget(sim, index)
    for i in range(next_from_of(rules)[stage], next_from_of(rules)[stage + 1]):
        dispatch_stage(rules, sim, next_of(rules)[i])
    dispatch(rules, sim, station)


@kernel
def dispatch(rules: Record, sim: Record, station: int) -> None:
    """Start what can be started in the station, and close what has nothing more to do in its stage."""
    start_batches(rules, sim, station)
    if rules.stations_per_stage > 1:
        _close_emptied(rules, sim, station // rules.stations_per_stage)


@kernel
def dispatch_stage(rules: Record, sim: Record, stage: int) -> None:
    """Start what can be started in every station of the stage."""
    for station in range(stage * rules.stations_per_stage, (stage + 1) * rules.stations_per_stage):
        start_batches(rules, sim, station)
    if rules.stations_per_stage > 1:
        _close_emptied(rules, sim, stage)


@kernel
def _accept(rules: Record, sim: Record, stage: int, index: int) -> int:
    """A request arrives at the stage; returns the station that it was routed to, which was not dispatched yet."""
    stages_of(sim)[stage].arrivals += 1
    station = stage if rules.stations_per_stage == 1 else _route(rules, sim, stage)
    accept(rules, sim, station, index)
    return station


@kernel
def _forward(rules: Record, sim: Record, stage: int, index: int) -> None:
    """The request goes to the stages that were waiting for it to be served by `stage`."""
    first, last = next_from_of(rules)[stage], next_from_of(rules)[stage + 1]
    for i in range(first, last):
        following = next_of(rules)[i]
        place = places_of(sim)[index, following]
        place.missing -= 1
        if place.missing == 0 and requests_of(sim)[index].outcome == IN_SYSTEM:
            _accept(rules, sim, following, index)
    if first == last:
        request = requests_of(sim)[index]
        request.unanswered -= 1
        if request.unanswered == 0:
            answer(rules, sim, index)


@kernel
def _route(rules: Record, sim: Record, stage: int) -> int:
    """Smooth weighted round robin over the eligible stations."""
    width = rules.stations_per_stage
    first, last = stage * width, (stage + 1) * width
    which = _eligible(sim, first, last)
    number, total, chosen = 0, 0.0, -1
    for index in range(first, last):
        if _is_eligible(sim, index, which):
            number += 1
            chosen = index
    if number == 1:
        return chosen
    chosen = -1
    for index in range(first, last):
        if _is_eligible(sim, index, which):
            station = stations_of(sim)[index]
            station.credit += station.weight
            total += station.weight
            if chosen < 0 or station.credit > stations_of(sim)[chosen].credit:
                chosen = index
    stations_of(sim)[chosen].credit -= total
    return chosen


@kernel
def _eligible(sim: Record, first: int, last: int) -> int:
    serving = waiting = others = False
    for station in range(first, last):
        ready = count(sim, station, READY) > 0
        if stations_of(sim)[station].closed:
            others |= ready
        else:
            serving |= ready or stations_of(sim)[station].asleep > 0
            waiting |= count(sim, station, PENDING) > 0
    if serving:
        return OPEN_AND_READY
    return ANY_READY if others and not waiting else ANY_OPEN


@kernel
def _is_eligible(sim: Record, station: int, which: int) -> bool:
    if which == ANY_OPEN:
        return not stations_of(sim)[station].closed
    if which == ANY_READY:
        return count(sim, station, READY) > 0
    return not stations_of(sim)[station].closed and (
        stations_of(sim)[station].asleep > 0 or count(sim, station, READY) > 0
    )


@kernel
def _close_emptied(rules: Record, sim: Record, stage: int) -> None:
    """Let closed stations without requests go once an open one serves, or waits for the room they hold."""
    width = rules.stations_per_stage
    emptied = served = False
    for station in range(stage * width, (stage + 1) * width):
        if stations_of(sim)[station].closed:
            emptied |= _is_emptied(sim, station)
        else:
            served |= (
                stations_of(sim)[station].asleep > 0
                or count(sim, station, READY) > 0
                or count(sim, station, PENDING) > 0
            )
    if not (emptied and served):
        return
    for station in range(stage * width, (stage + 1) * width):
        if stations_of(sim)[station].closed and _is_emptied(sim, station):
            retire_all(rules, sim, station)
    use_room(rules, sim)


@kernel
def _is_emptied(sim: Record, station: int) -> bool:
    return stations_of(sim)[station].queued == 0 and next_slot(sim, station, -1) >= 0
