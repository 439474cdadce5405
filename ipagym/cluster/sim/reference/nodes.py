"""Room for replicas on the nodes of the cluster."""

from ipagym.cluster.sim.reference.replica import Replica, State


class Nodes:
    """Packs replicas first-fit onto nodes of given cores; what does not fit waits in `pending`.

    With `node_cores` None there is room for everything. A node that is down takes no replicas.
    """

    def __init__(self, node_cores: tuple[int, ...] | None) -> None:
        self._free = None if node_cores is None else list(node_cores)
        self.down: set[int] = set()
        self.pending: list[Replica] = []

    def fits(self, replica: Replica) -> bool:
        """Take the first node with room for the replica; False where none has."""
        if self._free is None:
            return True
        for node, free in enumerate(self._free):
            if node not in self.down and free >= replica.cores:
                self._free[node] -= replica.cores
                replica.node = node
                return True
        return False

    def resize_in_place(self, node: int, by: int) -> bool:
        """Give a replica on the node `by` more cores; False where there is no room for that."""
        if self._free is not None:
            if self._free[node] < by:
                return False
            self._free[node] -= by
        return True

    def wait_for_room(self, replica: Replica) -> None:
        """The replica waits behind those that wait already."""
        replica.state = State.PENDING
        self.pending.append(replica)

    def release(self, replica: Replica) -> None:
        """Give the replica's cores back, or its place among those that wait."""
        if replica.state is State.PENDING:
            self.pending.remove(replica)
        elif self._free is not None:
            self._free[replica.node] += replica.cores
