"""The event heap: by time, then priority, then order of scheduling."""

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


@kernel
def schedule(s: Record, time_s: float, kind: int, target: tuple[int, int, int]) -> None:
    """Add an event; `target` is its lane, its slot (or node) and the serial that tells whether it still holds."""
    s.sequence += 1
    key = (_priority(kind) << SEQUENCE_BITS) | s.sequence
    at = s.scheduled
    s.scheduled += 1
    while at > 0:
        parent = (at - 1) >> 1
        if not _before(time_s, key, events_of(s)[parent]):
            break
        events_of(s)[at] = events_of(s)[parent]
        at = parent
    event = events_of(s)[at]
    event.time_s, event.key, event.kind = time_s, key, kind
    event.lane, event.slot, event.serial = target


@kernel
def remove_first(s: Record) -> None:
    """Take the first event off the heap."""
    s.scheduled -= 1
    n = s.scheduled
    if n == 0:
        return
    at = 0
    while True:
        child = 2 * at + 1
        if child >= n:
            break
        if child + 1 < n and _before(events_of(s)[child + 1].time_s, events_of(s)[child + 1].key, events_of(s)[child]):
            child += 1
        if not _before(events_of(s)[child].time_s, events_of(s)[child].key, events_of(s)[n]):
            break
        events_of(s)[at] = events_of(s)[child]
        at = child
    events_of(s)[at] = events_of(s)[n]


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
