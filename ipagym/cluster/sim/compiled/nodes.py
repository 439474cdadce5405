"""Room for replicas on the nodes; as in `ipagym.cluster.sim.reference.nodes`."""

from ipagym.cluster.sim.compiled.access import models_of, nodes_of, replicas_of, stations_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import PENDING, Record


@kernel
def fits(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """Take the first node with room for the replica; False where none has."""
    if not rules.bounded:
        return True
    replica = replicas_of(sim)[station, slot]
    cores = models_of(rules)[replica.model].cores
    for index in range(len(nodes_of(sim))):
        node = nodes_of(sim)[index]
        if not node.down and node.free >= cores:
            node.free -= cores
            replica.node = index
            return True
    return False


@kernel
def resize_in_place(rules: Record, sim: Record, node_index: int, by: int) -> bool:
    """Give a replica on the node `by` more cores; False where there is no room for that."""
    if rules.bounded:
        node = nodes_of(sim)[node_index]
        if node.free < by:
            return False
        node.free -= by
    return True


@kernel
def wait_for_room(sim: Record, station: int, slot: int) -> None:
    """The replica waits behind those that wait already."""
    replica = replicas_of(sim)[station, slot]
    # A place in line instead of a list, which would need room for every replica there may be.
    sim.order += 1
    sim.pending += 1
    replica.order = sim.order
    replica.state = PENDING


@kernel
def release(rules: Record, sim: Record, station: int, slot: int) -> None:
    """Give the replica's cores back, or its place among those that wait."""
    replica = replicas_of(sim)[station, slot]
    if replica.state == PENDING:
        sim.pending -= 1
    elif rules.bounded:
        nodes_of(sim)[replica.node].free += models_of(rules)[replica.model].cores


@kernel
def next_waiting(sim: Record, order: int) -> tuple[int, int]:
    """Station and slot of the replica that waits next behind place `order`; (−1, −1) where none does."""
    station, slot, best = -1, -1, 0
    for i in range(replicas_of(sim).shape[0]):
        for j in range(stations_of(sim)[i].top):
            replica = replicas_of(sim)[i, j]
            if replica.state == PENDING and replica.order > order and (station < 0 or replica.order < best):
                station, slot, best = i, j, replica.order
    return station, slot
