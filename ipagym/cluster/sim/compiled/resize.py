"""Cores changed in place; as in `ipagym.cluster.sim.reference.resize`."""

from ipagym.cluster.sim.compiled import meter
from ipagym.cluster.sim.compiled.access import models_of, replicas_of, stations_of
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import BUSY_CORES, CORES, PENDING, RESIZED, Record
from ipagym.cluster.sim.compiled.nodes import resize_in_place
from ipagym.cluster.sim.compiled.slots import next_slot
from ipagym.cluster.sim.compiled.target import is_mismatched, is_old


@kernel
def plan_resize(rules: Record, sim: Record, index: int) -> None:
    """Let the cores asked for take effect after the time that a resize takes, unless that is under way."""
    station = stations_of(sim)[index]
    mismatched = 0
    for slot in range(station.top):
        replica = replicas_of(sim)[index, slot]
        if replica.state == PENDING and not is_old(rules, sim, index, slot):
            replica.model = station.model
        mismatched += is_mismatched(rules, sim, index, slot)
    if station.resizing_to == station.model:
        return
    station.resizing_to, station.resize_due = -1, 0
    station.resize += 1
    if mismatched:
        station.resizing_to = station.model
        schedule(sim, sim.now_s + rules.resize_s, RESIZED, (index, 0, station.resize))


@kernel
def resized(sim: Record, station: int, number: int) -> bool:
    """The time that resize `number` takes is over; tells whether that one is still wanted."""
    if stations_of(sim)[station].resize != number:
        return False
    stations_of(sim)[station].resize_due = 1
    return True


@kernel
def resize(rules: Record, sim: Record, station: int) -> None:
    """Give the deployment's replicas the cores asked for, once that is due, as far as their nodes have room."""
    if not stations_of(sim)[station].resize_due:
        return
    wanted = stations_of(sim)[station].model
    slot = next_slot(sim, station, -1)
    while slot >= 0:
        replica = replicas_of(sim)[station, slot]
        by = models_of(rules)[wanted].cores - models_of(rules)[replica.model].cores
        if is_mismatched(rules, sim, station, slot) and resize_in_place(rules, sim, replica.node, by):
            meter.change(sim, station, CORES, by)
            if replica.size:
                meter.change(sim, station, BUSY_CORES, by)
            replica.model = wanted
        slot = next_slot(sim, station, replica.index)
