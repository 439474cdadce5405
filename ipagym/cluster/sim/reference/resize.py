"""Cores changed in place."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.lifecycle import Lifecycle
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.cluster.sim.reference.target import Target


class Resize:
    """Gives the replicas of a deployment other cores, all together, `resize_s` after they were asked for.

    `on_resized` is called when the time of a resize is over.
    """

    def __init__(
        self, target: Target, lifecycle: Lifecycle, clock: Clock, nodes: Nodes, *, resize_s: float | None
    ) -> None:
        self._target = target
        self._lifecycle = lifecycle
        self._clock = clock
        self._nodes = nodes
        self._resize_s = resize_s
        self._resizing_to: tuple[str, int] | None = None
        self._due = False
        self._number = 0
        self.on_resized: Callable[[], None] = lambda: None

    def mismatched(self) -> list[Replica]:
        """The placed replicas of the deployment that do not have the cores asked for."""
        return [replica for replica in self._lifecycle.replicas if self._target.is_mismatched(replica)]

    def plan_resize(self) -> None:
        """Let the cores asked for take effect after the time that a resize takes, unless that is under way."""
        for replica in self._lifecycle.replicas:
            if replica.state is State.PENDING and not self._target.is_old(replica):
                replica.cores = self._target.cores
        wanted = (self._target.variant.name, self._target.cores)
        if self._resizing_to == wanted:
            return
        self._resizing_to, self._due = None, False
        self._number += 1
        if self.mismatched() and self._resize_s is not None:
            self._resizing_to, number = wanted, self._number
            self._clock.at(self._clock.now + self._resize_s, Priority.READY, lambda: self._resized(number))

    def resize(self) -> None:
        """Give the deployment's replicas the cores asked for, once that is due, as far as their nodes have room."""
        for replica in self.mismatched() if self._due else []:
            by = self._target.cores - replica.cores
            if self._nodes.resize_in_place(replica.node, by):
                self._lifecycle.cores.change(by, self._clock.now)
                if replica.is_busy:
                    self._lifecycle.busy_cores.change(by, self._clock.now)
                replica.cores = self._target.cores

    def _resized(self, number: int) -> None:
        """The time that resize `number` takes is over; it counts if that one is still wanted."""
        if number == self._number:
            self._due = True
            self.on_resized()
