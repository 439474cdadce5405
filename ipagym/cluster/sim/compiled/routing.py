"""The way of a request to one of the stations of its stage; as in `ipagym.cluster.sim.reference.routing`."""

from ipagym.cluster.sim.compiled.access import stations_of
from ipagym.cluster.sim.compiled.fleet import count
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import PENDING, READY, Record

OPEN_AND_READY, ANY_READY, ANY_OPEN = range(3)
"""The stations that a request may take."""


@kernel
def route(rules: Record, sim: Record, stage: int) -> int:
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
