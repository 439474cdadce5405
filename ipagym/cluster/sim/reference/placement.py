"""The use of cores that become free on the nodes."""

from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.nodes import Nodes


class Placement:
    """Shares the nodes out among the fleets of all stations, in order of stages."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.fleets: list[Fleet] = []

    def use_room(self) -> None:
        """Resize and place what waits for room; where a deployment is stuck, make room and try again."""
        while True:
            for fleet in self.fleets:
                fleet.resizing.resize()
            self._admit_waiting()
            made = [fleet.make_room() for fleet in self.fleets]
            if not any(made):
                return

    def _admit_waiting(self) -> None:
        """Place what waits and now fits, in order of waiting; a small replica may overtake a large one."""
        for replica in list(self.nodes.pending):
            if self.nodes.fits(replica):
                self.nodes.pending.remove(replica)
                next(fleet for fleet in self.fleets if replica in fleet.replicas).life.admit(replica)
