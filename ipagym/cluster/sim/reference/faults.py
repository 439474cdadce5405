"""Crashes of replicas and losses of nodes, as they come over time."""

from collections.abc import Sequence

from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.placement import Placement
from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.stage import StageServer
from ipagym.cluster.sim.reference.station import Station
from ipagym.task.scenario import Scenario


class Crashes:
    """Crashes the ready replicas of a station, each at the given rate.

    A Poisson process for `most` replicas is thinned to those that are ready; more than `most` crash no more often.
    Thinned, because its instants must not depend on how many replicas there are: the n-th is the same whatever was
    decided.
    """

    def __init__(self, number: int, station: Station, clock: Clock, *, sampling: Sampling, most: int) -> None:
        self._number = number
        self._station = station
        self._clock = clock
        self._sampling = sampling
        self._most = most
        self._strikes = 0

    def plan_crash(self) -> None:
        """Plan when the next crash comes up in the station."""
        gap_s = self._sampling.crash_gap_s(self._number, self._strikes, self._most)
        self._clock.at(self._clock.now + gap_s, Priority.FAULT, self.strike)

    def strike(self) -> None:
        """A crash comes up: it strikes a ready replica, or none."""
        victim = self._sampling.victim(self._number, self._strikes, self._most)
        self._strikes += 1
        ready = [replica for replica in self._station.fleet.replicas if replica.state is State.READY]
        if victim < len(ready):
            self._station.crash_replica(ready[victim])
            self._station.on_due()
        self.plan_crash()


class NodeLosses:
    """Takes a node away after a random time, and brings it back, empty, after the time of repair."""

    def __init__(
        self,
        node: int,
        stages: Sequence[StageServer],
        clock: Clock,
        *,
        placement: Placement,
        sampling: Sampling,
        repair_s: float,
    ) -> None:
        self._node = node
        self._stages = stages
        self._clock = clock
        self._placement = placement
        self._sampling = sampling
        self._repair_s = repair_s
        self._losses = 0

    def plan_node_loss(self) -> None:
        """Plan when the node is lost next."""
        gap_s = self._sampling.node_loss_gap_s(self._node, self._losses)
        self._clock.at(self._clock.now + gap_s, Priority.FAULT, self.take_node)

    def take_node(self) -> None:
        """The node is lost, with all replicas on it."""
        self._placement.nodes.down.add(self._node)
        self._losses += 1
        for stage in self._stages:
            for station in stage.stations:
                station.lose_node(self._node)
        self._placement.use_room()
        for stage in self._stages:
            stage.dispatch_stage()
        self._clock.at(self._clock.now + self._repair_s, Priority.FAULT, self.return_node)

    def return_node(self) -> None:
        """The node is repaired, and empty."""
        self._placement.nodes.down.remove(self._node)
        self._placement.use_room()
        self.plan_node_loss()


def plan_faults(
    scenario: Scenario, stages: Sequence[StageServer], clock: Clock, *, placement: Placement, sampling: Sampling
) -> None:
    """Plan the first crash of each station and the first loss of each node, where there are any."""
    faults, limits = scenario.physics.faults, scenario.limits
    if faults.crashes_per_hour:
        stations = [station for stage in stages for station in stage.stations]
        for number, station in enumerate(stations):
            Crashes(number, station, clock, sampling=sampling, most=2 * limits.max_replicas).plan_crash()
    if faults.node_losses_per_hour:
        for node in range(len(limits.node_cores or ())):
            NodeLosses(
                node, stages, clock, placement=placement, sampling=sampling, repair_s=faults.node_repair_s
            ).plan_node_loss()
