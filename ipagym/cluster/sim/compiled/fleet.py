"""The replicas of a station, and how they follow the setting asked for; as in `ipagym.cluster.sim.reference.fleet`."""

from ipagym.cluster.sim.compiled.access import meters_of, models_of, replicas_of, stations_of
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
    PENDING,
    READY,
    READY_REPLICAS,
    RESIZED,
    STARTING,
    Record,
)
from ipagym.cluster.sim.compiled.nodes import fits, release, resized_in_place, wait_for_room
from ipagym.cluster.sim.compiled.sampling import start_fails, start_s
from ipagym.cluster.sim.compiled.watch import watch


@kernel
def meter(sim: Record, station: int, which: int, by: float) -> None:
    """The level of a station's meter changes by `by` now."""
    m = meters_of(sim)[station, which]
    now_s = sim.now_s
    m.total += m.level * (now_s - m.since_s)
    m.since_s = now_s
    m.level += by


@kernel
def start(rules: Record, sim: Record, station: int) -> None:
    """Have the replicas asked for ready now, as far as they fit."""
    for _ in range(stations_of(sim)[station].replicas):
        slot = _create(sim, station)
        if fits(rules, sim, station, slot):
            meter(sim, station, CORES, models_of(rules)[replicas_of(sim)[station, slot].model].cores)
            _make_ready(rules, sim, station, slot)
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
    stations_of(sim)[station].asleep = max(0, min(stations_of(sim)[station].asleep, replicas - max(held, old)))
    surplus = held + stations_of(sim)[station].asleep - replicas
    launch(rules, sim, station, -surplus)
    for _ in range(surplus):
        retire(rules, sim, station, _most_dispensable(rules, sim, station, False))
    for slot in range(stations_of(sim)[station].top):
        if (
            _counts(sim, station, slot)
            and is_old(rules, sim, station, slot)
            and replicas_of(sim)[station, slot].state != READY
        ):
            retire(rules, sim, station, slot)
    _retire_old(rules, sim, station)
    _plan_resize(rules, sim, station)
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
        if _counts(sim, station, slot):
            retire(rules, sim, station, slot)


@kernel
def admit(rules: Record, sim: Record, station: int, slot: int) -> None:
    """A replica got room on a node: its model starts loading."""
    meter(sim, station, CORES, models_of(rules)[replicas_of(sim)[station, slot].model].cores)
    _load(rules, sim, station, slot)


@kernel
def make_room(rules: Record, sim: Record, station: int) -> bool:
    """Let one old replica go where the deployment is stuck for want of room; tells whether one was."""
    waiting = under_way = old = ready = 0
    for slot in range(stations_of(sim)[station].top):
        replica = replicas_of(sim)[station, slot]
        under_way += replica.state in (STARTING, DRAINING)
        if _counts(sim, station, slot):
            ready += replica.state == READY
            if is_old(rules, sim, station, slot):
                old += 1
            else:
                waiting += replica.state == PENDING
    if not waiting or under_way or not old or ready <= 1:
        return False
    retire(rules, sim, station, _most_dispensable(rules, sim, station, True))
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
        if is_mismatched(rules, sim, station, slot) and resized_in_place(rules, sim, replica.node, by):
            meter(sim, station, CORES, by)
            if replica.size:
                meter(sim, station, BUSY_CORES, by)
            replica.model = wanted
        slot = next_slot(sim, station, replica.index)


@kernel
def is_mismatched(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """A placed replica of the deployment that does not have the cores asked for."""
    replica = replicas_of(sim)[station, slot]
    placed = replica.state in (STARTING, READY)
    return placed and not is_old(rules, sim, station, slot) and replica.model != stations_of(sim)[station].model


@kernel
def took_batch(rules: Record, sim: Record, station: int, slot: int) -> None:
    """The replica, given its batch, is at work from now."""
    leave_idle(sim, station, slot)
    meter(sim, station, BUSY, 1)
    meter(sim, station, BUSY_CORES, models_of(rules)[replicas_of(sim)[station, slot].model].cores)


@kernel
def finished_batch(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """The replica, its batch taken away, is idle from now, or gone if it was draining; tells whether it is gone."""
    replica = replicas_of(sim)[station, slot]
    replica.idle_since_s = sim.now_s
    _stop_work(rules, sim, station, slot)
    if replica.state == DRAINING:
        meter(sim, station, READY_REPLICAS, -1)
        _remove(rules, sim, station, slot)
        return True
    join_idle(sim, station, slot)
    watch(rules, sim, (station, slot), replica.idle_since_s)
    return False


@kernel
def crash(rules: Record, sim: Record, station: int, slot: int) -> None:
    """A ready replica, its batch taken away before, starts again where it is."""
    meter(sim, station, READY_REPLICAS, -1)
    leave_idle(sim, station, slot)
    _load(rules, sim, station, slot)


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
def lose(rules: Record, sim: Record, station: int, slot: int, needed: bool) -> None:
    """The node under a replica, its batch taken away before, is lost; it waits for room elsewhere if it is needed."""
    replica = replicas_of(sim)[station, slot]
    if replica.state == READY:
        leave_idle(sim, station, slot)
    if replica.state in (READY, DRAINING):
        meter(sim, station, READY_REPLICAS, -1)
    if not needed or replica.state == DRAINING:
        _remove(rules, sim, station, slot)
        return
    release(rules, sim, station, slot)
    meter(sim, station, CORES, -models_of(rules)[replica.model].cores)
    if not is_old(rules, sim, station, slot):
        replica.model = stations_of(sim)[station].model
    wait_for_room(sim, station, slot)


@kernel
def loaded(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """A start should be done; tells whether the replica is ready."""
    if start_fails(rules, sim, station, slot):
        _load(rules, sim, station, slot)
        return False
    _make_ready(rules, sim, station, slot)
    _retire_old(rules, sim, station)
    return True


@kernel
def is_old(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """Not of the deployment asked for."""
    model, wanted = replicas_of(sim)[station, slot].model, stations_of(sim)[station].model
    if rules.in_place:
        return models_of(rules)[model].variant != models_of(rules)[wanted].variant
    return bool(model != wanted)


@kernel
def count(sim: Record, station: int, state: int) -> int:
    """How many replicas are in `state`."""
    number = 0
    for slot in range(stations_of(sim)[station].top):
        number += replicas_of(sim)[station, slot].state == state
    return number


@kernel
def next_slot(sim: Record, station: int, index: int) -> int:
    """The replica created next after number `index`; −1 where there is none."""
    best = -1
    for slot in range(stations_of(sim)[station].top):
        replica = replicas_of(sim)[station, slot]
        later = replica.state != GONE and replica.index > index
        if later and (best < 0 or replica.index < replicas_of(sim)[station, best].index):
            best = slot
    return best


@kernel
def _counts(sim: Record, station: int, slot: int) -> bool:
    return replicas_of(sim)[station, slot].state <= READY


@kernel
def _count_kind(rules: Record, sim: Record, station: int, old: bool) -> int:
    number = 0
    for slot in range(stations_of(sim)[station].top):
        number += _counts(sim, station, slot) and is_old(rules, sim, station, slot) == old
    return number


@kernel
def _watch_idle(rules: Record, sim: Record, station: int) -> None:
    slot = next_slot(sim, station, -1)
    while slot >= 0:
        replica = replicas_of(sim)[station, slot]
        if replica.state == READY and not replica.size and not is_old(rules, sim, station, slot):
            watch(rules, sim, (station, slot), replica.idle_since_s)
        slot = next_slot(sim, station, replica.index)


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
def _plan_resize(rules: Record, sim: Record, index: int) -> None:
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
def _load(rules: Record, sim: Record, station: int, slot: int) -> None:
    replica = replicas_of(sim)[station, slot]
    replica.state, replica.watched = STARTING, 0
    replica.start += 1
    ready_s = sim.now_s + start_s(rules, sim, station, slot)
    schedule(sim, ready_s, LOADED, (station, slot, replica.start))


@kernel
def _make_ready(rules: Record, sim: Record, station: int, slot: int) -> None:
    replica = replicas_of(sim)[station, slot]
    replica.state = READY
    replica.idle_since_s = sim.now_s
    join_idle(sim, station, slot)
    meter(sim, station, READY_REPLICAS, 1)
    watch(rules, sim, (station, slot), replica.idle_since_s)


@kernel
def _retire_old(rules: Record, sim: Record, station: int) -> None:
    ready = 0
    for slot in range(stations_of(sim)[station].top):
        ready += replicas_of(sim)[station, slot].state == READY and not is_old(rules, sim, station, slot)
    if ready + stations_of(sim)[station].asleep != stations_of(sim)[station].replicas:
        return
    for slot in range(stations_of(sim)[station].top):
        if _counts(sim, station, slot) and is_old(rules, sim, station, slot):
            retire(rules, sim, station, slot)


@kernel
def _most_dispensable(rules: Record, sim: Record, station: int, old: bool) -> int:
    """Who goes first of the old ones, or of the deployment: not ready, idle, young."""
    best, best_rank = -1, (0, 0, 0)
    for slot in range(stations_of(sim)[station].top):
        replica = replicas_of(sim)[station, slot]
        if _counts(sim, station, slot) and is_old(rules, sim, station, slot) == old:
            rank = (int(replica.state), int(replica.size > 0), -int(replica.index))
            if best < 0 or rank < best_rank:
                best, best_rank = slot, rank
    return best


@kernel
def retire(rules: Record, sim: Record, station: int, slot: int) -> None:
    replica = replicas_of(sim)[station, slot]
    if replica.size:
        replica.state = DRAINING
        return
    if replica.state == READY:
        leave_idle(sim, station, slot)
        meter(sim, station, READY_REPLICAS, -1)
    _remove(rules, sim, station, slot)


@kernel
def _remove(rules: Record, sim: Record, station: int, slot: int) -> None:
    replica = replicas_of(sim)[station, slot]
    release(rules, sim, station, slot)
    if replica.state != PENDING:
        meter(sim, station, CORES, -models_of(rules)[replica.model].cores)
    replica.state = GONE


@kernel
def _stop_work(rules: Record, sim: Record, station: int, slot: int) -> None:
    meter(sim, station, BUSY, -1)
    meter(sim, station, BUSY_CORES, -models_of(rules)[replicas_of(sim)[station, slot].model].cores)
