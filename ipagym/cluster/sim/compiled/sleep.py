"""Sleeping replicas; as in `ipagym.cluster.sim.reference.sleep` and `fleet`."""

from ipagym.cluster.sim.compiled.access import replicas_of, stations_of
from ipagym.cluster.sim.compiled.fleet import is_old, launch, retire
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import PENDING, READY, STARTING, Record
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.watch import watch


@kernel
def look(rules: Record, sim: Record, station: int, event: tuple[int, int]) -> None:
    """Let the replica sleep that has been idle for long enough while nothing waits in the queue of its open station."""
    slot, start = event
    replica = replicas_of(sim)[station, slot]
    if replica.state != READY or replica.start != start:
        return
    replica.watched = 0
    if replica.size or stations_of(sim)[station].closed or is_old(rules, sim, station, slot):
        return
    if sim.now_s < replica.idle_since_s + rules.keep_alive_s:
        watch(rules, sim, (station, slot), replica.idle_since_s)
    elif stations_of(sim)[station].queued:
        watch(rules, sim, (station, slot), sim.now_s)
    else:
        stations_of(sim)[station].asleep += 1
        retire(rules, sim, station, slot)
        use_room(rules, sim)


@kernel
def wake(rules: Record, sim: Record, index: int) -> None:
    """Start replicas that sleep, until as many are on their way as there are batches waiting."""
    station = stations_of(sim)[index]
    if not (station.asleep and station.queued) or station.idle:
        return
    coming = 0
    for slot in range(station.top):
        state = replicas_of(sim)[index, slot].state
        coming += state in (PENDING, STARTING) and not is_old(rules, sim, index, slot)
    batches = (station.queued + station.batch - 1) // station.batch
    woken = max(0, min(station.asleep, batches - coming))
    station.asleep -= woken
    launch(rules, sim, index, woken)
