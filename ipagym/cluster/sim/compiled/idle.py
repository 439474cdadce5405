"""The idle replicas of a station as a linked list: the one that has been idle longest first, ties by index."""

from ipagym.cluster.sim.compiled.access import replicas_of, stations_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record

NOBODY = -1


@kernel
def join_idle(sim: Record, station_index: int, slot: int) -> None:
    """A ready replica is idle from `idle_since_s` on, which is no earlier than that of the others."""
    station, replicas = stations_of(sim)[station_index], replicas_of(sim)[station_index]
    replica = replicas[slot]
    before = station.last_idle
    # From the end, where it nearly always belongs: only others idle since this very instant may stand behind it.
    while before != NOBODY and _is_behind(replicas[before], replica):
        before = replicas[before].before
    after = station.first_idle if before == NOBODY else replicas[before].after
    replica.before, replica.after = before, after
    if before == NOBODY:
        station.first_idle = slot
    else:
        replicas[before].after = slot
    if after == NOBODY:
        station.last_idle = slot
    else:
        replicas[after].before = slot
    station.idle += 1


@kernel
def leave_idle(sim: Record, station_index: int, slot: int) -> None:
    """An idle replica gets work, or is ready no more."""
    station, replicas = stations_of(sim)[station_index], replicas_of(sim)[station_index]
    replica = replicas[slot]
    if replica.before == NOBODY:
        station.first_idle = replica.after
    else:
        replicas[replica.before].after = replica.after
    if replica.after == NOBODY:
        station.last_idle = replica.before
    else:
        replicas[replica.after].before = replica.before
    station.idle -= 1


@kernel
def _is_behind(other: Record, replica: Record) -> bool:
    return other.idle_since_s > replica.idle_since_s or (
        other.idle_since_s == replica.idle_since_s and other.index > replica.index
    )
