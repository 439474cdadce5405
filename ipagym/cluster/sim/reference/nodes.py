"""Room for replicas on the nodes of the cluster."""

from ipagym.cluster.sim.reference.replica import Replica, State


class Nodes:
    """Packs replicas first-fit onto nodes of given cores; what does not fit waits in order of creation.

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

    def resize(self, replica: Replica, cores: int) -> bool:
        """Give the placed replica `cores` in all; False where its node has no room for that."""
        if self._free is not None:
            if self._free[replica.node] + replica.cores < cores:
                return False
            self._free[replica.node] += replica.cores - cores
        return True

    def release(self, replica: Replica) -> None:
        """Give the replica's cores back, or its place among the pending."""
        if replica.state is State.PENDING:
            self.pending.remove(replica)
        elif self._free is not None:
            self._free[replica.node] += replica.cores

    def admit(self) -> list[Replica]:
        """The pending replicas that now fit, placed, in order of creation; a small one may overtake a large one."""
        placed = [replica for replica in self.pending if self.fits(replica)]
        for replica in placed:
            self.pending.remove(replica)
        return placed
