"""The use of cores that become free on the nodes; as in `ipagym.cluster.sim.reference.placement`."""

from ipagym.cluster.sim.compiled.access import replicas_of, stations_of
from ipagym.cluster.sim.compiled.fleet import make_room
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record
from ipagym.cluster.sim.compiled.lifecycle import admit
from ipagym.cluster.sim.compiled.nodes import fits, next_waiting
from ipagym.cluster.sim.compiled.resize import resize


@kernel
def use_room(rules: Record, sim: Record) -> None:
    """Resize and place what waits for room; where a deployment is stuck, make room and try again."""
    made = True
    while made:
        for station in range(len(stations_of(sim))):
            resize(rules, sim, station)
        # Nearly always: where nothing waits, no deployment is stuck either.
        if not sim.pending:
            return
        _admit_waiting(rules, sim)
        made = False
        for station in range(len(stations_of(sim))):
            made |= make_room(rules, sim, station)


@kernel
def _admit_waiting(rules: Record, sim: Record) -> None:
    """Place what waits and now fits, in order of waiting; a small replica may overtake a large one."""
    order = 0
    while True:
        station, slot = next_waiting(sim, order)
        if station < 0:
            return
        order = replicas_of(sim)[station, slot].order
        if fits(rules, sim, station, slot):
            sim.pending -= 1
            admit(rules, sim, station, slot)
