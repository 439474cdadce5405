"""Room for replicas on the nodes; as in `ipagym.cluster.sim.reference.nodes`."""

from ipagym.cluster.sim.compiled.access import lanes_of, models_of, nodes_of, replicas_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import PENDING, Record


@kernel
def fits(t: Record, s: Record, lane: int, slot: int) -> bool:
    """Take the first node with room for the replica; False where none has."""
    if not t.bounded:
        return True
    replica = replicas_of(s)[lane, slot]
    cores = models_of(t)[replica.model].cores
    for index in range(len(nodes_of(s))):
        node = nodes_of(s)[index]
        if not node.down and node.free >= cores:
            node.free -= cores
            replica.node = index
            return True
    return False


@kernel
def resized_in_place(t: Record, s: Record, node_index: int, by: int) -> bool:
    """Give a replica on the node `by` more cores; False where there is no room for that."""
    if t.bounded:
        node = nodes_of(s)[node_index]
        if node.free < by:
            return False
        node.free -= by
    return True


@kernel
def wait_for_room(s: Record, lane: int, slot: int) -> None:
    """The replica waits behind those that wait already."""
    replica = replicas_of(s)[lane, slot]
    s.order += 1
    s.pending += 1
    replica.order = s.order
    replica.state = PENDING


@kernel
def release(t: Record, s: Record, lane: int, slot: int) -> None:
    """Give the replica's cores back, or its place among those that wait."""
    replica = replicas_of(s)[lane, slot]
    if replica.state == PENDING:
        s.pending -= 1
    elif t.bounded:
        nodes_of(s)[replica.node].free += models_of(t)[replica.model].cores


@kernel
def next_waiting(s: Record, order: int) -> tuple[int, int]:
    """Lane and slot of the replica that waits next behind place `order`; (−1, −1) where none does."""
    lane, slot, best = -1, -1, 0
    for i in range(replicas_of(s).shape[0]):
        for j in range(lanes_of(s)[i].top):
            replica = replicas_of(s)[i, j]
            if replica.state == PENDING and replica.order > order and (lane < 0 or replica.order < best):
                lane, slot, best = i, j, replica.order
    return lane, slot
