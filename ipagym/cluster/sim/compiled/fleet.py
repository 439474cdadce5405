"""The replicas of a station, and how they follow the setting asked for; as in `ipagym.cluster.sim.reference.fleet`."""

from ipagym.cluster.sim.compiled import meter
from ipagym.cluster.sim.compiled.access import models_of, replicas_of, stations_of
from ipagym.cluster.sim.compiled.idle import leave_idle
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import (
    CORES,
    DRAINING,
    GONE,
    PENDING,
    READY,
    READY_REPLICAS,
    STARTING,
    Record,
)
from ipagym.cluster.sim.compiled.lifecycle import admit, load, make_ready, remove, retire, watch
from ipagym.cluster.sim.compiled.nodes import fits, release, wait_for_room
from ipagym.cluster.sim.compiled.resize import plan_resize
from ipagym.cluster.sim.compiled.sampling import start_fails
from ipagym.cluster.sim.compiled.slots import is_kept, next_slot
from ipagym.cluster.sim.compiled.target import is_old


@kernel
def start(rules: Record, sim: Record, station: int) -> None:
    """Have the replicas asked for ready now, as far as they fit."""
    for _ in range(stations_of(sim)[station].replicas):
        slot = _create(sim, station)
        if fits(rules, sim, station, slot):
            meter.change(sim, station, CORES, models_of(rules)[replicas_of(sim)[station, slot].model].cores)
            make_ready(rules, sim, station, slot)
        else:
            wait_for_room(sim, station, slot)


@kernel
def follow(rules: Record, sim: Record, station: int) -> None:
    """Move towards the setting newly asked for; an unfinished move is superseded."""
    replicas, held, old = (
        stations_of(sim)[station].replicas,
        _count_kind(rules, sim, station, False),
        _count_kind(rules, sim, station, True),
    )
    # Sleepers make up for what is not awake: a change of variant wakes none, and of too many they go first.
    stations_of(sim)[station].asleep = max(0, min(stations_of(sim)[station].asleep, replicas - max(held, old)))
    surplus = held + stations_of(sim)[station].asleep - replicas
    launch(rules, sim, station, -surplus)
    for _ in range(surplus):
        retire(rules, sim, station, _most_dispensable(rules, sim, station, False))
    for slot in range(stations_of(sim)[station].top):
        if (
            is_kept(sim, station, slot)
            and is_old(rules, sim, station, slot)
            and replicas_of(sim)[station, slot].state != READY
        ):
            retire(rules, sim, station, slot)
    _retire_old(rules, sim, station)
    plan_resize(rules, sim, station)
    _watch_idle(rules, sim, station)


@kernel
def launch(rules: Record, sim: Record, station: int, number: int) -> None:
    """Create `number` replicas, none where that is negative; those that fit start."""
    for _ in range(number):
        slot = _create(sim, station)
        if fits(rules, sim, station, slot):
            admit(rules, sim, station, slot)
        else:
            wait_for_room(sim, station, slot)


@kernel
def retire_all(rules: Record, sim: Record, station: int) -> None:
    """Let every replica go."""
    stations_of(sim)[station].asleep = 0
    for slot in range(stations_of(sim)[station].top):
        if is_kept(sim, station, slot):
            retire(rules, sim, station, slot)


@kernel
def make_room(rules: Record, sim: Record, station: int) -> bool:
    """Let one old replica go where the deployment is stuck for want of room; tells whether one was."""
    waiting = under_way = old = ready = 0
    for slot in range(stations_of(sim)[station].top):
        replica = replicas_of(sim)[station, slot]
        under_way += replica.state in (STARTING, DRAINING)
        if is_kept(sim, station, slot):
            ready += replica.state == READY
            if is_old(rules, sim, station, slot):
                old += 1
            else:
                waiting += replica.state == PENDING
    # A replica that starts will let the old ones go, and one that drains will leave its room: neither is stuck.
    if not waiting or under_way or not old or ready <= 1:
        return False
    retire(rules, sim, station, _most_dispensable(rules, sim, station, True))
    return True


@kernel
def loaded(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """A start should be done; tells whether the replica is ready."""
    if start_fails(rules, sim, station, slot):
        load(rules, sim, station, slot)
        return False
    make_ready(rules, sim, station, slot)
    _retire_old(rules, sim, station)
    return True


@kernel
def lose(rules: Record, sim: Record, station: int, slot: int, needed: bool) -> None:
    """The node under a replica, its batch taken away before, is lost; it waits for room elsewhere if it is needed."""
    replica = replicas_of(sim)[station, slot]
    if replica.state == READY:
        leave_idle(sim, station, slot)
    if replica.state in (READY, DRAINING):
        meter.change(sim, station, READY_REPLICAS, -1)
    if not needed or replica.state == DRAINING:
        remove(rules, sim, station, slot)
        return
    release(rules, sim, station, slot)
    meter.change(sim, station, CORES, -models_of(rules)[replica.model].cores)
    if not is_old(rules, sim, station, slot):
        replica.model = stations_of(sim)[station].model
    wait_for_room(sim, station, slot)


@kernel
def count(sim: Record, station: int, state: int) -> int:
    """The number of replicas in `state`."""
    number = 0
    for slot in range(stations_of(sim)[station].top):
        number += replicas_of(sim)[station, slot].state == state
    return number


@kernel
def _create(sim: Record, station: int) -> int:
    slot = 0
    while slot < stations_of(sim)[station].top and replicas_of(sim)[station, slot].state != GONE:
        slot += 1
    replica = replicas_of(sim)[station, slot]
    stations_of(sim)[station].top = max(stations_of(sim)[station].top, slot + 1)
    replica.index = stations_of(sim)[station].created
    stations_of(sim)[station].created += 1
    replica.model, replica.size = stations_of(sim)[station].model, 0
    # Events of an earlier replica in this slot must not be taken for its own.
    replica.start += 1
    replica.service += 1
    replica.watched = 0
    return slot


@kernel
def _retire_old(rules: Record, sim: Record, station: int) -> None:
    """Let the old replicas go once the whole deployment is ready."""
    ready = 0
    for slot in range(stations_of(sim)[station].top):
        ready += replicas_of(sim)[station, slot].state == READY and not is_old(rules, sim, station, slot)
    if ready + stations_of(sim)[station].asleep != stations_of(sim)[station].replicas:
        return
    for slot in range(stations_of(sim)[station].top):
        if is_kept(sim, station, slot) and is_old(rules, sim, station, slot):
            retire(rules, sim, station, slot)


@kernel
def _watch_idle(rules: Record, sim: Record, station: int) -> None:
    """Watch the idle replicas of the deployment: some may have been old, and not watched, until now."""
    slot = next_slot(sim, station, -1)
    while slot >= 0:
        replica = replicas_of(sim)[station, slot]
        if replica.state == READY and not replica.size and not is_old(rules, sim, station, slot):
            watch(rules, sim, (station, slot), replica.idle_since_s)
        slot = next_slot(sim, station, replica.index)


@kernel
def _most_dispensable(rules: Record, sim: Record, station: int, old: bool) -> int:
    """The first to go of the old ones, or of the deployment: not ready, idle, young."""
    best, best_rank = -1, (0, 0, 0)
    for slot in range(stations_of(sim)[station].top):
        replica = replicas_of(sim)[station, slot]
        if is_kept(sim, station, slot) and is_old(rules, sim, station, slot) == old:
            rank = (int(replica.state), int(replica.size > 0), -int(replica.index))
            if best < 0 or rank < best_rank:
                best, best_rank = slot, rank
    return best


@kernel
def _count_kind(rules: Record, sim: Record, station: int, old: bool) -> int:
    """The number of old ones, or of those of the deployment."""
    number = 0
    for slot in range(stations_of(sim)[station].top):
        number += is_kept(sim, station, slot) and is_old(rules, sim, station, slot) == old
    return number
