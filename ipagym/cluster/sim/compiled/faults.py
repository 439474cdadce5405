"""Crashes of replicas and losses of nodes, as they come over time; as in `ipagym.cluster.sim.reference.faults`."""

from ipagym.cluster.sim.compiled.access import nodes_of, replicas_of, stages_of, stations_of
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.fleet import count
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import CRASH, NODE_LOSS, NODE_REPAIR, READY, Record
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.sampling import crash_gap_s, node_loss_gap_s, victim
from ipagym.cluster.sim.compiled.slots import next_slot
from ipagym.cluster.sim.compiled.stage import dispatch, dispatch_stage
from ipagym.cluster.sim.compiled.station import crash_replica, lose_node


@kernel
def plan_faults(rules: Record, sim: Record) -> None:
    """Plan the first crash of each station and the first loss of each node, where there are any."""
    if rules.crashes_per_hour > 0:
        for station in range(len(stations_of(sim))):
            plan_crash(rules, sim, station)
    if rules.node_losses_per_hour > 0:
        for node in range(len(nodes_of(sim))):
            plan_node_loss(rules, sim, node)


@kernel
def plan_crash(rules: Record, sim: Record, station: int) -> None:
    """Plan when the next crash comes up in the station."""
    schedule(sim, sim.now_s + crash_gap_s(rules, sim, station), CRASH, (station, 0, 0))


@kernel
def strike(rules: Record, sim: Record, station: int) -> None:
    """A crash comes up: it strikes a ready replica, or none."""
    slot = _struck(sim, station, victim(rules, sim, station))
    stations_of(sim)[station].strikes += 1
    if slot >= 0:
        crash_replica(rules, sim, station, slot)
        dispatch(rules, sim, station)
    plan_crash(rules, sim, station)


@kernel
def plan_node_loss(rules: Record, sim: Record, node: int) -> None:
    """Plan when the node is lost next."""
    schedule(sim, sim.now_s + node_loss_gap_s(rules, sim, node), NODE_LOSS, (0, node, 0))


@kernel
def take_node(rules: Record, sim: Record, node: int) -> None:
    """The node is lost, with all replicas on it."""
    nodes_of(sim)[node].down = 1
    nodes_of(sim)[node].losses += 1
    for station in range(len(stations_of(sim))):
        lose_node(rules, sim, station, node)
    use_room(rules, sim)
    for stage in range(len(stages_of(sim))):
        dispatch_stage(rules, sim, stage)
    schedule(sim, sim.now_s + rules.node_repair_s, NODE_REPAIR, (0, node, 0))


@kernel
def return_node(rules: Record, sim: Record, node: int) -> None:
    """The node is repaired, and empty."""
    nodes_of(sim)[node].down = 0
    use_room(rules, sim)
    plan_node_loss(rules, sim, node)


@kernel
def _struck(sim: Record, station: int, number: int) -> int:
    """The slot of ready replica `number`, counted from 0 in order of creation; −1 where there are fewer."""
    if number >= count(sim, station, READY):
        return -1
    slot = next_slot(sim, station, -1)
    while slot >= 0:
        if replicas_of(sim)[station, slot].state == READY:
            if number == 0:
                return slot
            number -= 1
        slot = next_slot(sim, station, replicas_of(sim)[station, slot].index)
    return -1
