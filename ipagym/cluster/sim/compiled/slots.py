"""The slots of a station's replicas.

A replica stays in its slot for as long as it lives, so that an event can name it by a number and its record need not
move; a slot of one that is gone is used again. The reference keeps a list in order of creation instead, so wherever
order matters the kernels go by `index`, not by slot.
"""

from ipagym.cluster.sim.compiled.access import replicas_of, stations_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import GONE, READY, Record


@kernel
def is_kept(sim: Record, station: int, slot: int) -> bool:
    """Neither draining nor gone."""
    return replicas_of(sim)[station, slot].state <= READY


@kernel
def next_slot(sim: Record, station: int, index: int) -> int:
    """The replica created next after number `index`; −1 where there is none."""
    best = -1
    for slot in range(stations_of(sim)[station].top):
        replica = replicas_of(sim)[station, slot]
        later = replica.state != GONE and replica.index > index
        if later and (best < 0 or replica.index < replicas_of(sim)[station, best].index):
            best = slot
    return best
