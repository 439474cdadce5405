"""The event loop, and what Python calls of the engine."""

from ipagym.cluster.sim.compiled.access import (
    batches_of,
    events_of,
    lanes_of,
    latency_s_of,
    nodes_of,
    replicas_of,
    stages_of,
    supplies_of,
)
from ipagym.cluster.sim.compiled.arrivals import NEVER, arrive, lacks_for_arrival, plan_arrival, replan_arrival
from ipagym.cluster.sim.compiled.decide import begin, decide
from ipagym.cluster.sim.compiled.events import remove_first, schedule
from ipagym.cluster.sim.compiled.fleet import count, loaded, next_slot
from ipagym.cluster.sim.compiled.jit import entry, kernel
from ipagym.cluster.sim.compiled.layout import (
    COMPLETION,
    CRASH,
    DONE,
    LOADED,
    LOOK,
    NEEDS_EVENTS,
    NEEDS_LATENCIES,
    NEEDS_NUMBERS,
    NODE_LOSS,
    NODE_REPAIR,
    READY,
    RESIZED,
    RUNNING,
    STARTING,
    TIMER,
    Array,
    Record,
)
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.sampling import crash_gap_s, node_loss_gap_s, victim
from ipagym.cluster.sim.compiled.sleep import look
from ipagym.cluster.sim.compiled.stage import complete, dispatch, dispatch_stage, enter
from ipagym.cluster.sim.compiled.station import crash_replica, lose_node
from ipagym.cluster.sim.compiled.window import close_window, open_window


@entry
def begin_all(t: Array, sims: Array, asks: Array, which: Array) -> None:
    """Start the clusters of numbers `which`, cleared before, with the configurations asked for."""
    for i in range(len(which)):
        begin(t[0], sims[which[i]], asks[i])
        plan_arrival(t[0], sims[which[i]])


@entry
def decide_all(t: Array, sims: Array, asks: Array, which: Array) -> None:
    """Let the clusters of numbers `which` start moving to the configurations asked for."""
    for i in range(len(which)):
        decide(t[0], sims[which[i]], asks[i])
        sims[which[i]].checked_events = 0


@entry
def replan_all(sims: Array, which: Array) -> None:
    """Let the clusters of numbers `which` go by the rates that they have now."""
    for i in range(len(which)):
        replan_arrival(sims[which[i]])


@entry
def open_all(sims: Array, which: Array, seconds: float) -> None:
    """Begin a window of `seconds` in the clusters of numbers `which`."""
    for i in range(len(which)):
        open_window(sims[which[i]], seconds)
        sims[which[i]].status = RUNNING


@entry
def advance_all(t: Array, sims: Array, which: Array) -> None:
    """Let the clusters of numbers `which` come to the end of their windows, or as far as they can."""
    for i in range(len(which)):
        s = sims[which[i]]
        if s.status != DONE:
            s.status = _run(t[0], s)
            if s.status == DONE:
                close_window(t[0], s)


@entry
def lacking_all(t: Array, sims: Array, which: Array) -> None:
    """Set the status of the clusters of numbers `which` to what they lack for a decision."""
    for i in range(len(which)):
        sims[which[i]].status = _lacks(t[0], sims[which[i]])


@kernel
def _run(t: Record, s: Record) -> int:
    while True:
        event_s = events_of(s)[0].time_s if s.scheduled else NEVER
        if min(event_s, s.next_arrival_s) >= s.until_s:
            s.now_s = s.until_s
            return DONE
        if s.checked_events == 0 or s.scheduled > s.most_scheduled:
            status = _lacks(t, s)
            if status != RUNNING:
                return status
        s.checked_events -= 1
        if s.next_arrival_s < event_s:
            if lacks_for_arrival(t, s) != RUNNING:
                s.checked_events = 0
                continue
            s.now_s = s.next_arrival_s
            enter(t, s, arrive(t, s))
            plan_arrival(t, s)
        else:
            s.now_s = event_s
            _happen(t, s)


@kernel
def _lacks(t: Record, s: Record) -> int:
    """What is missing before the next event, whatever it is; counts the events that need no further check."""
    s.checked_events = 0
    s.most_scheduled = len(events_of(s)) - 3 * (replicas_of(s).size + len(lanes_of(s))) - 4
    if s.scheduled > s.most_scheduled:
        return NEEDS_EVENTS
    events = (len(latency_s_of(s)) - s.completed) // batches_of(s).shape[2]
    if events == 0:
        return NEEDS_LATENCIES
    for concern in range(len(supplies_of(s))):
        supply = supplies_of(s)[concern]
        if supply.used > supply.limit:
            return NEEDS_NUMBERS
        events = min(events, 1 + (supply.limit - supply.used) // max(1, supply.most))
    status = lacks_for_arrival(t, s)
    s.checked_events = events if status == RUNNING else 0
    return status


@kernel
def _happen(t: Record, s: Record) -> None:
    """Process the first event of the heap."""
    event = events_of(s)[0]
    kind, lane, slot, serial, time_s = event.kind, event.lane, event.slot, event.serial, event.time_s
    remove_first(s)
    if kind == COMPLETION:
        if replicas_of(s)[lane, slot].service == serial:
            complete(t, s, lane, slot)
    elif kind == TIMER:
        if lanes_of(s)[lane].timer_s == time_s:
            lanes_of(s)[lane].timer_s = NEVER
            dispatch(t, s, lane)
    elif kind == LOADED:
        replica = replicas_of(s)[lane, slot]
        if replica.state == STARTING and replica.start == serial and loaded(t, s, lane, slot):
            dispatch(t, s, lane)
            use_room(t, s)
    elif kind == LOOK:
        look(t, s, lane, (slot, serial))
    elif kind == RESIZED:
        if lanes_of(s)[lane].resize == serial:
            lanes_of(s)[lane].resize_due = 1
            use_room(t, s)
    else:
        _fault(t, s, (kind, lane, slot))


@kernel
def _fault(t: Record, s: Record, event: tuple[int, int, int]) -> None:
    kind, lane, number = event
    if kind == CRASH:
        slot = _struck(s, lane, victim(t, s, lane))
        lanes_of(s)[lane].strikes += 1
        if slot >= 0:
            crash_replica(t, s, lane, slot)
            dispatch(t, s, lane)
        schedule(s, s.now_s + crash_gap_s(t, s, lane), CRASH, (lane, 0, 0))
    elif kind == NODE_LOSS:
        nodes_of(s)[number].down = 1
        nodes_of(s)[number].losses += 1
        for each in range(len(lanes_of(s))):
            lose_node(t, s, each, number)
        use_room(t, s)
        for stage in range(len(stages_of(s))):
            dispatch_stage(t, s, stage)
        schedule(s, s.now_s + t.node_repair_s, NODE_REPAIR, (0, number, 0))
    else:
        nodes_of(s)[number].down = 0
        use_room(t, s)
        schedule(s, s.now_s + node_loss_gap_s(t, s, number), NODE_LOSS, (0, number, 0))


@kernel
def _struck(s: Record, lane: int, number: int) -> int:
    """The slot of ready replica `number`, counted from 0 in order of creation; −1 where there are fewer."""
    if number >= count(s, lane, READY):
        return -1
    slot = next_slot(s, lane, -1)
    while slot >= 0:
        if replicas_of(s)[lane, slot].state == READY:
            if number == 0:
                return slot
            number -= 1
        slot = next_slot(s, lane, replicas_of(s)[lane, slot].index)
    return -1
