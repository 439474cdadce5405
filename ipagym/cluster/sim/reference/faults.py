"""Crashes of replicas and losses of nodes, as they come over time."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.station import Station


class Crashes:
    """Crashes the ready replicas of a station, each at the given rate.

    A Poisson process for `most` replicas is thinned to those that are ready; more than `most` crash no more often.
    """

    def __init__(self, number: int, station: Station, clock: Clock, *, sampling: Sampling, most: int) -> None:
        self._number = number
        self._station = station
        self._clock = clock
        self._sampling = sampling
        self._most = most
        self._strikes = 0
        self._schedule()

    def _schedule(self) -> None:
        gap_s, victim = self._sampling.crash(self._number, self._strikes, self._most)
        self._strikes += 1
        self._clock.at(self._clock.now + gap_s, Priority.FAULT, lambda: self._strike(victim))

    def _strike(self, victim: int) -> None:
        ready = [replica for replica in self._station.fleet.replicas if replica.state is State.READY]
        if victim < len(ready):
            self._station.crash(ready[victim])
        self._schedule()


class NodeLosses:
    """Takes a node away after a random time, and brings it back, empty, after the time of repair."""

    def __init__(self, node: int, nodes: Nodes, clock: Clock, *, sampling: Sampling, repair_s: float) -> None:
        self._node = node
        self._nodes = nodes
        self._clock = clock
        self._sampling = sampling
        self._repair_s = repair_s
        self._losses = 0
        self.on_loss: Callable[[int], None] = lambda node: None
        self.on_return: Callable[[], None] = lambda: None
        self._schedule()

    def _schedule(self) -> None:
        gap_s = self._sampling.node_loss_gap_s(self._node, self._losses)
        self._losses += 1
        self._clock.at(self._clock.now + gap_s, Priority.FAULT, self._lose)

    def _lose(self) -> None:
        self._nodes.down.add(self._node)
        self.on_loss(self._node)
        self._clock.at(self._clock.now + self._repair_s, Priority.FAULT, self._repair)

    def _repair(self) -> None:
        self._nodes.down.remove(self._node)
        self.on_return()
        self._schedule()
