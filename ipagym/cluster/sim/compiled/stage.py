"""The way of requests through lanes and stages; as in `ipagym.cluster.sim.reference.stage` and `simulator`."""

from ipagym.cluster.sim.compiled.access import (
    batches_of,
    lanes_of,
    log_stages_of,
    models_of,
    needs_of,
    next_from_of,
    next_of,
    places_of,
    replicas_of,
    requests_of,
    stages_of,
)
from ipagym.cluster.sim.compiled.fleet import count, finished_batch, next_slot, retire_all
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import IN_SYSTEM, PENDING, READY, Record
from ipagym.cluster.sim.compiled.outcome import answer, forget
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.station import accept, start_batches

OPEN_AND_READY, ANY_READY, ANY_OPEN = range(3)
"""Which lanes a request may take."""


@kernel
def enter(t: Record, s: Record, index: int) -> None:
    """A request goes to every stage that needs no other."""
    for stage in range(len(stages_of(s))):
        if needs_of(t)[stage] == 0 and requests_of(s)[index].outcome == IN_SYSTEM:
            dispatch(t, s, _accept(t, s, stage, index))


@kernel
def complete(t: Record, s: Record, lane: int, slot: int) -> None:
    """A replica has finished its batch: all of it goes on before any of it is served again."""
    replica = replicas_of(s)[lane, slot]
    accuracy = models_of(t)[replica.model].accuracy
    stage = lane // t.lanes_per_stage
    size = replica.size
    replica.size = 0
    if finished_batch(t, s, lane, slot):
        use_room(t, s)
    for i in range(size):
        index = batches_of(s)[lane, slot, i]
        request = requests_of(s)[index]
        request.serving -= 1
        if request.outcome == IN_SYSTEM:
            request.accuracy *= accuracy
            if t.keep:
                log_stages_of(s)[request.index, stage].finished_s = s.now_s
            _forward(t, s, stage, index)
        else:
            forget(s, index)
    for i in range(next_from_of(t)[stage], next_from_of(t)[stage + 1]):
        dispatch_stage(t, s, next_of(t)[i])
    dispatch(t, s, lane)


@kernel
def dispatch(t: Record, s: Record, lane: int) -> None:
    """Start what can be started in the lane, and close what has nothing more to do in its stage."""
    start_batches(t, s, lane)
    if t.lanes_per_stage > 1:
        _close_emptied(t, s, lane // t.lanes_per_stage)


@kernel
def dispatch_stage(t: Record, s: Record, stage: int) -> None:
    """Start what can be started in every lane of the stage."""
    for lane in range(stage * t.lanes_per_stage, (stage + 1) * t.lanes_per_stage):
        start_batches(t, s, lane)
    if t.lanes_per_stage > 1:
        _close_emptied(t, s, stage)


@kernel
def _accept(t: Record, s: Record, stage: int, index: int) -> int:
    """A request arrives at the stage; returns the lane that it was routed to, which was not dispatched yet."""
    stages_of(s)[stage].arrivals += 1
    lane = stage if t.lanes_per_stage == 1 else _route(t, s, stage)
    accept(t, s, lane, index)
    return lane


@kernel
def _forward(t: Record, s: Record, stage: int, index: int) -> None:
    """The request goes to the stages that were waiting for it to be served by `stage`."""
    first, last = next_from_of(t)[stage], next_from_of(t)[stage + 1]
    for i in range(first, last):
        following = next_of(t)[i]
        place = places_of(s)[index, following]
        place.missing -= 1
        if place.missing == 0 and requests_of(s)[index].outcome == IN_SYSTEM:
            _accept(t, s, following, index)
    if first == last:
        request = requests_of(s)[index]
        request.unanswered -= 1
        if request.unanswered == 0:
            answer(t, s, index)


@kernel
def _route(t: Record, s: Record, stage: int) -> int:
    """Smooth weighted round robin over the eligible lanes."""
    width = t.lanes_per_stage
    first, last = stage * width, (stage + 1) * width
    which = _eligible(s, first, last)
    number, total, chosen = 0, 0.0, -1
    for index in range(first, last):
        if _is_eligible(s, index, which):
            number += 1
            chosen = index
    if number == 1:
        return chosen
    chosen = -1
    for index in range(first, last):
        if _is_eligible(s, index, which):
            lane = lanes_of(s)[index]
            lane.credit += lane.weight
            total += lane.weight
            if chosen < 0 or lane.credit > lanes_of(s)[chosen].credit:
                chosen = index
    lanes_of(s)[chosen].credit -= total
    return chosen


@kernel
def _eligible(s: Record, first: int, last: int) -> int:
    serving = waiting = others = False
    for lane in range(first, last):
        ready = count(s, lane, READY) > 0
        if lanes_of(s)[lane].closed:
            others |= ready
        else:
            serving |= ready or lanes_of(s)[lane].asleep > 0
            waiting |= count(s, lane, PENDING) > 0
    if serving:
        return OPEN_AND_READY
    return ANY_READY if others and not waiting else ANY_OPEN


@kernel
def _is_eligible(s: Record, lane: int, which: int) -> bool:
    if which == ANY_OPEN:
        return not lanes_of(s)[lane].closed
    if which == ANY_READY:
        return count(s, lane, READY) > 0
    return not lanes_of(s)[lane].closed and (lanes_of(s)[lane].asleep > 0 or count(s, lane, READY) > 0)


@kernel
def _close_emptied(t: Record, s: Record, stage: int) -> None:
    """Let closed lanes without requests go once an open one serves, or waits for the room they hold."""
    width = t.lanes_per_stage
    emptied = served = False
    for lane in range(stage * width, (stage + 1) * width):
        if lanes_of(s)[lane].closed:
            emptied |= _is_emptied(s, lane)
        else:
            served |= lanes_of(s)[lane].asleep > 0 or count(s, lane, READY) > 0 or count(s, lane, PENDING) > 0
    if not (emptied and served):
        return
    for lane in range(stage * width, (stage + 1) * width):
        if lanes_of(s)[lane].closed and _is_emptied(s, lane):
            retire_all(t, s, lane)
    use_room(t, s)


@kernel
def _is_emptied(s: Record, lane: int) -> bool:
    return lanes_of(s)[lane].queued == 0 and next_slot(s, lane, -1) >= 0
