"""The event heap: by time, then priority, then order of scheduling.

An event stays in the heap until its time, even if its subject has gone by then: taking it out would need a search. Its
serial, compared with that of the replica or station, tells whether it still holds.
"""

from ipagym.cluster.sim.compiled.access import events_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import (
    COMPLETION,
    CRASH,
    LOADED,
    LOOK,
    NODE_LOSS,
    NODE_REPAIR,
    RESIZED,
    TIMER,
    Record,
)

SEQUENCE_BITS = 48
"""Bits for the order of scheduling, below the priority: enough for years at a million events a second."""


@kernel
def schedule(sim: Record, time_s: float, kind: int, target: tuple[int, int, int]) -> None:
    """Add an event; `target` is its station, its slot (or node) and the serial that tells whether it still holds."""
    sim.sequence += 1
    # One number to compare, so that a step of the heap costs one comparison at equal times.
    key = (_priority(kind) << SEQUENCE_BITS) | sim.sequence
    at = sim.scheduled
    sim.scheduled += 1
    while at > 0:
        parent = (at - 1) >> 1
        if not _before(time_s, key, events_of(sim)[parent]):
            break
        events_of(sim)[at] = events_of(sim)[parent]
        at = parent
    event = events_of(sim)[at]
    event.time_s, event.key, event.kind = time_s, key, kind
    event.station, event.slot, event.serial = target


@kernel
def remove_first(sim: Record) -> None:
    """Take the first event off the heap."""
    sim.scheduled -= 1
    n = sim.scheduled
    if n == 0:
        return
    at = 0
    while True:
        child = 2 * at + 1
        if child >= n:
            break
        if child + 1 < n and _before(
            events_of(sim)[child + 1].time_s, events_of(sim)[child + 1].key, events_of(sim)[child]
        ):
            child += 1
        if not _before(events_of(sim)[child].time_s, events_of(sim)[child].key, events_of(sim)[n]):
            break
        events_of(sim)[at] = events_of(sim)[child]
        at = child
    events_of(sim)[at] = events_of(sim)[n]


@kernel
def _before(time_s: float, key: int, event: Record) -> bool:
    return time_s < event.time_s or (time_s == event.time_s and key < event.key)


@kernel
def _priority(kind: int) -> int:
    """As in `ipagym.cluster.sim.reference.clock`."""
    if kind == COMPLETION:
        return 1
    if kind in (LOADED, RESIZED):
        return 2
    if kind in (CRASH, NODE_LOSS, NODE_REPAIR):
        return 3
    assert kind in (TIMER, LOOK)
    return 4
