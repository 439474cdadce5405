"""What happens when cores become free on the nodes."""

from ipagym.cluster.sim.compiled.access import replicas_of, stations_of
from ipagym.cluster.sim.compiled.fleet import admit, make_room, resize
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record
from ipagym.cluster.sim.compiled.nodes import fits, next_waiting


@kernel
def use_room(rules: Record, sim: Record) -> None:
    """Resize and place what waits for room; where a deployment is stuck, make room and try again."""
    made = True
    while made:
        for station in range(len(stations_of(sim))):
            resize(rules, sim, station)
        if not sim.pending:
            return
        _admit_waiting(rules, sim)
        made = False
        for station in range(len(stations_of(sim))):
            made |= make_room(rules, sim, station)


@kernel
def _admit_waiting(rules: Record, sim: Record) -> None:
    order = 0
    while True:
        station, slot = next_waiting(sim, order)
        if station < 0:
            return
        order = replicas_of(sim)[station, slot].order
        if fits(rules, sim, station, slot):
            sim.pending -= 1
            admit(rules, sim, station, slot)
