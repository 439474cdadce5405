"""The life of one replica, from room on a node to its end; as in `ipagym.cluster.sim.reference.lifecycle`."""

from math import inf

from ipagym.cluster.sim.compiled import meter
from ipagym.cluster.sim.compiled.access import models_of, replicas_of
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.idle import join_idle, leave_idle
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import (
    BUSY,
    BUSY_CORES,
    CORES,
    DRAINING,
    GONE,
    LOADED,
    LOOK,
    PENDING,
    READY,
    READY_REPLICAS,
    STARTING,
    Record,
)
from ipagym.cluster.sim.compiled.nodes import release
from ipagym.cluster.sim.compiled.sampling import start_s


@kernel
def admit(rules: Record, sim: Record, station: int, slot: int) -> None:
    """A replica got room on a node: its model starts loading."""
    meter.change(sim, station, CORES, models_of(rules)[replicas_of(sim)[station, slot].model].cores)
    load(rules, sim, station, slot)


@kernel
def load(rules: Record, sim: Record, station: int, slot: int) -> None:
    """The replica's model starts loading."""
    replica = replicas_of(sim)[station, slot]
    replica.state, replica.watched = STARTING, 0
    replica.start += 1
    ready_s = sim.now_s + start_s(rules, sim, station, slot)
    schedule(sim, ready_s, LOADED, (station, slot, replica.start))


@kernel
def make_ready(rules: Record, sim: Record, station: int, slot: int) -> None:
    """The replica can serve from now on."""
    replica = replicas_of(sim)[station, slot]
    replica.state = READY
    replica.idle_since_s = sim.now_s
    join_idle(sim, station, slot)
    meter.change(sim, station, READY_REPLICAS, 1)
    watch(rules, sim, (station, slot), replica.idle_since_s)


@kernel
def watch(rules: Record, sim: Record, target: tuple[int, int], since_s: float) -> None:
    """Look at the replica (station, slot) when it has been idle for long enough; one look is planned at a time."""
    station, slot = target
    replica = replicas_of(sim)[station, slot]
    if rules.keep_alive_s < inf and not replica.watched:
        replica.watched = 1
        schedule(sim, max(sim.now_s, since_s + rules.keep_alive_s), LOOK, (station, slot, replica.start))


@kernel
def took_batch(rules: Record, sim: Record, station: int, slot: int) -> None:
    """The replica, given its batch, is at work from now."""
    leave_idle(sim, station, slot)
    meter.change(sim, station, BUSY, 1)
    meter.change(sim, station, BUSY_CORES, models_of(rules)[replicas_of(sim)[station, slot].model].cores)


@kernel
def finished_batch(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """The replica, its batch taken away, is idle from now, or gone if it was draining; tells whether it is gone."""
    replica = replicas_of(sim)[station, slot]
    replica.idle_since_s = sim.now_s
    _stop_work(rules, sim, station, slot)
    if replica.state == DRAINING:
        meter.change(sim, station, READY_REPLICAS, -1)
        remove(rules, sim, station, slot)
        return True
    join_idle(sim, station, slot)
    watch(rules, sim, (station, slot), replica.idle_since_s)
    return False


@kernel
def lose_batch(rules: Record, sim: Record, station: int, slot: int) -> int:
    """Take the batch of a replica that stops in the middle of it; returns its size."""
    replica = replicas_of(sim)[station, slot]
    size = int(replica.size)
    replica.size = 0
    if size:
        replica.service += 1
        _stop_work(rules, sim, station, slot)
        if replica.state == READY:
            join_idle(sim, station, slot)
    return size


@kernel
def crash(rules: Record, sim: Record, station: int, slot: int) -> None:
    """A ready replica, its batch taken away before, starts again where it is."""
    meter.change(sim, station, READY_REPLICAS, -1)
    leave_idle(sim, station, slot)
    load(rules, sim, station, slot)


@kernel
def retire(rules: Record, sim: Record, station: int, slot: int) -> None:
    """The replica goes, once it has finished its batch."""
    replica = replicas_of(sim)[station, slot]
    if replica.size:
        replica.state = DRAINING
        return
    if replica.state == READY:
        leave_idle(sim, station, slot)
        meter.change(sim, station, READY_REPLICAS, -1)
    remove(rules, sim, station, slot)


@kernel
def remove(rules: Record, sim: Record, station: int, slot: int) -> None:
    """The replica is gone, and what it held is free."""
    replica = replicas_of(sim)[station, slot]
    release(rules, sim, station, slot)
    if replica.state != PENDING:
        meter.change(sim, station, CORES, -models_of(rules)[replica.model].cores)
    replica.state = GONE


@kernel
def _stop_work(rules: Record, sim: Record, station: int, slot: int) -> None:
    meter.change(sim, station, BUSY, -1)
    meter.change(sim, station, BUSY_CORES, -models_of(rules)[replicas_of(sim)[station, slot].model].cores)
