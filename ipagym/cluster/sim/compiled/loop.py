"""The event loop, and the functions of the engine that Python calls."""

from ipagym.cluster.sim.compiled import rollout
from ipagym.cluster.sim.compiled.access import (
    batches_of,
    buffers_of,
    events_of,
    latency_s_of,
    replicas_of,
    stations_of,
)
from ipagym.cluster.sim.compiled.arrivals import NEVER, arrive, lacks_for_arrival, plan_arrival, replan_arrival
from ipagym.cluster.sim.compiled.events import remove_first
from ipagym.cluster.sim.compiled.faults import plan_faults, return_node, strike, take_node
from ipagym.cluster.sim.compiled.fleet import loaded
from ipagym.cluster.sim.compiled.graph import complete, enter
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
    RESIZED,
    RUNNING,
    STARTING,
    TIMER,
    Array,
    Record,
)
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.resize import resized
from ipagym.cluster.sim.compiled.stage import dispatch
from ipagym.cluster.sim.compiled.station import look
from ipagym.cluster.sim.compiled.window import close_window, open_window


@entry
def begin_all(rules: Array, sims: Array, targets: Array, which: Array) -> None:
    """Start the clusters of numbers `which`, cleared before, with the configurations asked for."""
    for i in range(len(which)):
        rollout.start(rules[0], sims[which[i]], targets[i])
        plan_faults(rules[0], sims[which[i]])
        plan_arrival(rules[0], sims[which[i]])


@entry
def decide_all(rules: Array, sims: Array, targets: Array, which: Array) -> None:
    """Let the clusters of numbers `which` start moving to the configurations asked for."""
    for i in range(len(which)):
        rollout.follow(rules[0], sims[which[i]], targets[i])
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
def advance_all(rules: Array, sims: Array, which: Array) -> None:
    """Let the clusters of numbers `which` come to the end of their windows, or as far as they can."""
    for i in range(len(which)):
        s = sims[which[i]]
        if s.status != DONE:
            s.status = _run(rules[0], s)
            if s.status == DONE:
                close_window(rules[0], s)


@entry
def lacking_all(rules: Array, sims: Array, which: Array) -> None:
    """Set the status of the clusters of numbers `which` to what they lack for a decision."""
    for i in range(len(which)):
        sims[which[i]].status = _lacks(rules[0], sims[which[i]])


@kernel
def _run(rules: Record, sim: Record) -> int:
    while True:
        event_s = events_of(sim)[0].time_s if sim.scheduled else NEVER
        if min(event_s, sim.next_arrival_s) >= sim.until_s:
            sim.now_s = sim.until_s
            return DONE
        # Before an event, not in it: a kernel cannot allocate, and an event that was begun could not be undone.
        if sim.checked_events == 0 or sim.scheduled > sim.most_scheduled:
            status = _lacks(rules, sim)
            if status != RUNNING:
                return status
        sim.checked_events -= 1
        # At the same instant an arrival comes last, and there is only one, which need not stand in the heap.
        if sim.next_arrival_s < event_s:
            if lacks_for_arrival(rules, sim) != RUNNING:
                sim.checked_events = 0
                continue
            sim.now_s = sim.next_arrival_s
            enter(rules, sim, arrive(rules, sim))
            plan_arrival(rules, sim)
        else:
            sim.now_s = event_s
            _happen(rules, sim)


@kernel
def _lacks(rules: Record, sim: Record) -> int:
    """The status that names what is missing before the next event, whatever it is.

    Counts the events that need no further check.
    """
    sim.checked_events = 0
    # Room for more than one event can schedule: a start, a look and a completion for each replica, a timer and a resize
    # for each station, and the next faults.
    sim.most_scheduled = len(events_of(sim)) - 3 * (replicas_of(sim).size + len(stations_of(sim))) - 4
    if sim.scheduled > sim.most_scheduled:
        return NEEDS_EVENTS
    events = (len(latency_s_of(sim)) - sim.completed) // batches_of(sim).shape[2]
    if events == 0:
        return NEEDS_LATENCIES
    for concern in range(len(buffers_of(sim))):
        buffer = buffers_of(sim)[concern]
        if buffer.used > buffer.limit:
            return NEEDS_NUMBERS
        events = min(events, 1 + (buffer.limit - buffer.used) // max(1, buffer.most))
    status = lacks_for_arrival(rules, sim)
    sim.checked_events = events if status == RUNNING else 0
    return status


@kernel
def _happen(rules: Record, sim: Record) -> None:
    """Process the first event of the heap."""
    event = events_of(sim)[0]
    kind, station, slot, serial, time_s = event.kind, event.station, event.slot, event.serial, event.time_s
    remove_first(sim)
    if kind == COMPLETION:
        if replicas_of(sim)[station, slot].service == serial:
            complete(rules, sim, station, slot)
    elif kind == TIMER:
        if stations_of(sim)[station].timer_s == time_s:
            stations_of(sim)[station].timer_s = NEVER
            dispatch(rules, sim, station)
    elif kind == LOADED:
        replica = replicas_of(sim)[station, slot]
        if replica.state == STARTING and replica.start == serial and loaded(rules, sim, station, slot):
            dispatch(rules, sim, station)
            use_room(rules, sim)
    elif kind == LOOK:
        look(rules, sim, station, (slot, serial))
    elif kind == RESIZED:
        if resized(sim, station, serial):
            use_room(rules, sim)
    else:
        _befall(rules, sim, (kind, station, slot))


@kernel
def _befall(rules: Record, sim: Record, fault: tuple[int, int, int]) -> None:
    """Process a fault (kind, station, node)."""
    kind, station, node = fault
    if kind == CRASH:
        strike(rules, sim, station)
    elif kind == NODE_LOSS:
        take_node(rules, sim, node)
    else:
        return_node(rules, sim, node)
