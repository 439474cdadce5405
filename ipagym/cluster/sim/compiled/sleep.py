"""Replicas that sleep; as in `ipagym.cluster.sim.reference.sleep`."""

from ipagym.cluster.sim.compiled.access import replicas_of, stations_of
from ipagym.cluster.sim.compiled.fleet import launch
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import PENDING, STARTING, Record
from ipagym.cluster.sim.compiled.lifecycle import retire
from ipagym.cluster.sim.compiled.target import is_old


@kernel
def sleep(rules: Record, sim: Record, station: int, slot: int) -> None:
    """An idle replica of the deployment sleeps: what it held is free."""
    stations_of(sim)[station].asleep += 1
    retire(rules, sim, station, slot)


@kernel
def wake(rules: Record, sim: Record, index: int) -> None:
    """Start sleepers for requests that find none idle, until as many are on their way as there are batches."""
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
