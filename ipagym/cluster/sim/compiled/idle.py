"""The idle replicas of a lane as a linked list: the one that has been idle longest first, ties by index."""

from ipagym.cluster.sim.compiled.access import lanes_of, replicas_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record

NOBODY = -1


@kernel
def join_idle(s: Record, lane_index: int, slot: int) -> None:
    """A ready replica is idle from `idle_since_s` on, which is no earlier than that of the others."""
    lane, replicas = lanes_of(s)[lane_index], replicas_of(s)[lane_index]
    replica = replicas[slot]
    before = lane.last_idle
    while before != NOBODY and _is_behind(replicas[before], replica):
        before = replicas[before].before
    after = lane.first_idle if before == NOBODY else replicas[before].after
    replica.before, replica.after = before, after
    if before == NOBODY:
        lane.first_idle = slot
    else:
        replicas[before].after = slot
    if after == NOBODY:
        lane.last_idle = slot
    else:
        replicas[after].before = slot
    lane.idle += 1


@kernel
def leave_idle(s: Record, lane_index: int, slot: int) -> None:
    """An idle replica gets work, or is ready no more."""
    lane, replicas = lanes_of(s)[lane_index], replicas_of(s)[lane_index]
    replica = replicas[slot]
    if replica.before == NOBODY:
        lane.first_idle = replica.after
    else:
        replicas[replica.before].after = replica.after
    if replica.after == NOBODY:
        lane.last_idle = replica.before
    else:
        replicas[replica.after].before = replica.before
    lane.idle -= 1


@kernel
def _is_behind(other: Record, replica: Record) -> bool:
    return other.idle_since_s > replica.idle_since_s or (
        other.idle_since_s == replica.idle_since_s and other.index > replica.index
    )
