"""Crashes of replicas and losses of nodes, as they come over time."""

from collections.abc import Callable

from ipagym.cluster.sim.clock import Clock, Priority
from ipagym.cluster.sim.lane import Lane
from ipagym.cluster.sim.luck import Luck
from ipagym.cluster.sim.nodes import Nodes
from ipagym.cluster.sim.replica import State


class Crashes:
    """Crashes the ready replicas of a lane, each at the given rate.

    A Poisson process for `most` replicas is thinned to those that are ready; more than `most` crash no more often.
    """

    def __init__(self, lane: Lane, clock: Clock, luck: Luck, most: int) -> None:
        self._lane = lane
        self._clock = clock
        self._luck = luck
        self._most = most
        self._schedule()

    def _schedule(self) -> None:
        self._clock.at(self._clock.now + self._luck.crash_gap_s(self._most), Priority.FAULT, self._strike)

    def _strike(self) -> None:
        victim = self._luck.victim(self._most)
        ready = [replica for replica in self._lane.fleet.replicas if replica.state is State.READY]
        if victim < len(ready):
            self._lane.crash(ready[victim])
        self._schedule()


class NodeLosses:
    """Takes a node away after a random time, and brings it back, empty, after the time of repair."""

    def __init__(self, node: int, nodes: Nodes, clock: Clock, luck: Luck, repair_s: float) -> None:
        self._node = node
        self._nodes = nodes
        self._clock = clock
        self._luck = luck
        self._repair_s = repair_s
        self.on_loss: Callable[[int], None] = lambda node: None
        self.on_return: Callable[[], None] = lambda: None
        self._schedule()

    def _schedule(self) -> None:
        self._clock.at(self._clock.now + self._luck.node_loss_gap_s(), Priority.FAULT, self._lose)

    def _lose(self) -> None:
        self._nodes.down.add(self._node)
        self.on_loss(self._node)
        self._clock.at(self._clock.now + self._repair_s, Priority.FAULT, self._repair)

    def _repair(self) -> None:
        self._nodes.down.remove(self._node)
        self.on_return()
        self._schedule()
