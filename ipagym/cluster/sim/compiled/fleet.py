"""The replicas of a lane, and how they follow the setting asked for; as in `ipagym.cluster.sim.reference.fleet`."""

from ipagym.cluster.sim.compiled.access import lanes_of, meters_of, models_of, replicas_of
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
def meter(s: Record, lane: int, which: int, by: float) -> None:
    """The level of a lane's meter changes by `by` now."""
    m = meters_of(s)[lane, which]
    now_s = s.now_s
    m.total += m.level * (now_s - m.since_s)
    m.since_s = now_s
    m.level += by


@kernel
def start(t: Record, s: Record, lane: int) -> None:
    """Have the replicas asked for ready now, as far as they fit."""
    for _ in range(lanes_of(s)[lane].replicas):
        slot = _create(s, lane)
        if fits(t, s, lane, slot):
            meter(s, lane, CORES, models_of(t)[replicas_of(s)[lane, slot].model].cores)
            _make_ready(t, s, lane, slot)
        else:
            wait_for_room(s, lane, slot)


@kernel
def follow(t: Record, s: Record, lane: int) -> None:
    """Move towards the setting newly asked for; an unfinished move is superseded."""
    replicas, held, old = lanes_of(s)[lane].replicas, _count_kind(t, s, lane, False), _count_kind(t, s, lane, True)
    lanes_of(s)[lane].asleep = max(0, min(lanes_of(s)[lane].asleep, replicas - max(held, old)))
    surplus = held + lanes_of(s)[lane].asleep - replicas
    launch(t, s, lane, -surplus)
    for _ in range(surplus):
        retire(t, s, lane, _most_dispensable(t, s, lane, False))
    for slot in range(lanes_of(s)[lane].top):
        if _counts(s, lane, slot) and is_old(t, s, lane, slot) and replicas_of(s)[lane, slot].state != READY:
            retire(t, s, lane, slot)
    _retire_old(t, s, lane)
    _plan_resize(t, s, lane)
    _watch_idle(t, s, lane)


@kernel
def launch(t: Record, s: Record, lane: int, number: int) -> None:
    """Create `number` replicas, none where that is negative; those that fit start."""
    for _ in range(number):
        slot = _create(s, lane)
        if fits(t, s, lane, slot):
            admit(t, s, lane, slot)
        else:
            wait_for_room(s, lane, slot)


@kernel
def retire_all(t: Record, s: Record, lane: int) -> None:
    """Let every replica go."""
    lanes_of(s)[lane].asleep = 0
    for slot in range(lanes_of(s)[lane].top):
        if _counts(s, lane, slot):
            retire(t, s, lane, slot)


@kernel
def admit(t: Record, s: Record, lane: int, slot: int) -> None:
    """A replica got room on a node: its model starts loading."""
    meter(s, lane, CORES, models_of(t)[replicas_of(s)[lane, slot].model].cores)
    _load(t, s, lane, slot)


@kernel
def make_room(t: Record, s: Record, lane: int) -> bool:
    """Let one old replica go where the deployment is stuck for want of room; tells whether one was."""
    waiting = under_way = old = ready = 0
    for slot in range(lanes_of(s)[lane].top):
        replica = replicas_of(s)[lane, slot]
        under_way += replica.state in (STARTING, DRAINING)
        if _counts(s, lane, slot):
            ready += replica.state == READY
            if is_old(t, s, lane, slot):
                old += 1
            else:
                waiting += replica.state == PENDING
    if not waiting or under_way or not old or ready <= 1:
        return False
    retire(t, s, lane, _most_dispensable(t, s, lane, True))
    return True


@kernel
def resize(t: Record, s: Record, lane: int) -> None:
    """Give the deployment's replicas the cores asked for, once that is due, as far as their nodes have room."""
    if not lanes_of(s)[lane].resize_due:
        return
    wanted = lanes_of(s)[lane].model
    slot = next_slot(s, lane, -1)
    while slot >= 0:
        replica = replicas_of(s)[lane, slot]
        by = models_of(t)[wanted].cores - models_of(t)[replica.model].cores
        if is_mismatched(t, s, lane, slot) and resized_in_place(t, s, replica.node, by):
            meter(s, lane, CORES, by)
            if replica.size:
                meter(s, lane, BUSY_CORES, by)
            replica.model = wanted
        slot = next_slot(s, lane, replica.index)


@kernel
def is_mismatched(t: Record, s: Record, lane: int, slot: int) -> bool:
    """A placed replica of the deployment that does not have the cores asked for."""
    replica = replicas_of(s)[lane, slot]
    placed = replica.state in (STARTING, READY)
    return placed and not is_old(t, s, lane, slot) and replica.model != lanes_of(s)[lane].model


@kernel
def took_batch(t: Record, s: Record, lane: int, slot: int) -> None:
    """The replica, given its batch, is at work from now."""
    leave_idle(s, lane, slot)
    meter(s, lane, BUSY, 1)
    meter(s, lane, BUSY_CORES, models_of(t)[replicas_of(s)[lane, slot].model].cores)


@kernel
def finished_batch(t: Record, s: Record, lane: int, slot: int) -> bool:
    """The replica, its batch taken away, is idle from now, or gone if it was draining; tells whether it is gone."""
    replica = replicas_of(s)[lane, slot]
    replica.idle_since_s = s.now_s
    _stop_work(t, s, lane, slot)
    if replica.state == DRAINING:
        meter(s, lane, READY_REPLICAS, -1)
        _remove(t, s, lane, slot)
        return True
    join_idle(s, lane, slot)
    watch(t, s, (lane, slot), replica.idle_since_s)
    return False


@kernel
def crash(t: Record, s: Record, lane: int, slot: int) -> None:
    """A ready replica, its batch taken away before, starts again where it is."""
    meter(s, lane, READY_REPLICAS, -1)
    leave_idle(s, lane, slot)
    _load(t, s, lane, slot)


@kernel
def lose_batch(t: Record, s: Record, lane: int, slot: int) -> int:
    """Take the batch of a replica that stops in the middle of it; returns its size."""
    replica = replicas_of(s)[lane, slot]
    size = int(replica.size)
    replica.size = 0
    if size:
        replica.service += 1
        _stop_work(t, s, lane, slot)
        if replica.state == READY:
            join_idle(s, lane, slot)
    return size


@kernel
def lose(t: Record, s: Record, lane: int, slot: int, needed: bool) -> None:
    """The node under a replica, its batch taken away before, is lost; it waits for room elsewhere if it is needed."""
    replica = replicas_of(s)[lane, slot]
    if replica.state == READY:
        leave_idle(s, lane, slot)
    if replica.state in (READY, DRAINING):
        meter(s, lane, READY_REPLICAS, -1)
    if not needed or replica.state == DRAINING:
        _remove(t, s, lane, slot)
        return
    release(t, s, lane, slot)
    meter(s, lane, CORES, -models_of(t)[replica.model].cores)
    if not is_old(t, s, lane, slot):
        replica.model = lanes_of(s)[lane].model
    wait_for_room(s, lane, slot)


@kernel
def loaded(t: Record, s: Record, lane: int, slot: int) -> bool:
    """A start should be done; tells whether the replica is ready."""
    if start_fails(t, s, lane, slot):
        _load(t, s, lane, slot)
        return False
    _make_ready(t, s, lane, slot)
    _retire_old(t, s, lane)
    return True


@kernel
def is_old(t: Record, s: Record, lane: int, slot: int) -> bool:
    """Not of the deployment asked for."""
    model, wanted = replicas_of(s)[lane, slot].model, lanes_of(s)[lane].model
    if t.in_place:
        return models_of(t)[model].variant != models_of(t)[wanted].variant
    return bool(model != wanted)


@kernel
def count(s: Record, lane: int, state: int) -> int:
    """How many replicas are in `state`."""
    number = 0
    for slot in range(lanes_of(s)[lane].top):
        number += replicas_of(s)[lane, slot].state == state
    return number


@kernel
def next_slot(s: Record, lane: int, index: int) -> int:
    """The replica created next after number `index`; −1 where there is none."""
    best = -1
    for slot in range(lanes_of(s)[lane].top):
        replica = replicas_of(s)[lane, slot]
        later = replica.state != GONE and replica.index > index
        if later and (best < 0 or replica.index < replicas_of(s)[lane, best].index):
            best = slot
    return best


@kernel
def _counts(s: Record, lane: int, slot: int) -> bool:
    return replicas_of(s)[lane, slot].state <= READY


@kernel
def _count_kind(t: Record, s: Record, lane: int, old: bool) -> int:
    number = 0
    for slot in range(lanes_of(s)[lane].top):
        number += _counts(s, lane, slot) and is_old(t, s, lane, slot) == old
    return number


@kernel
def _watch_idle(t: Record, s: Record, lane: int) -> None:
    slot = next_slot(s, lane, -1)
    while slot >= 0:
        replica = replicas_of(s)[lane, slot]
        if replica.state == READY and not replica.size and not is_old(t, s, lane, slot):
            watch(t, s, (lane, slot), replica.idle_since_s)
        slot = next_slot(s, lane, replica.index)


@kernel
def _create(s: Record, lane: int) -> int:
    slot = 0
    while slot < lanes_of(s)[lane].top and replicas_of(s)[lane, slot].state != GONE:
        slot += 1
    replica = replicas_of(s)[lane, slot]
    lanes_of(s)[lane].top = max(lanes_of(s)[lane].top, slot + 1)
    replica.index = lanes_of(s)[lane].created
    lanes_of(s)[lane].created += 1
    replica.model, replica.size = lanes_of(s)[lane].model, 0
    # Events of an earlier replica in this slot must not be taken for its own.
    replica.start += 1
    replica.service += 1
    replica.watched = 0
    return slot


@kernel
def _plan_resize(t: Record, s: Record, index: int) -> None:
    """Let the cores asked for take effect after the time that a resize takes, unless that is under way."""
    lane = lanes_of(s)[index]
    mismatched = 0
    for slot in range(lane.top):
        replica = replicas_of(s)[index, slot]
        if replica.state == PENDING and not is_old(t, s, index, slot):
            replica.model = lane.model
        mismatched += is_mismatched(t, s, index, slot)
    if lane.resizing_to == lane.model:
        return
    lane.resizing_to, lane.resize_due = -1, 0
    lane.resize += 1
    if mismatched:
        lane.resizing_to = lane.model
        schedule(s, s.now_s + t.resize_s, RESIZED, (index, 0, lane.resize))


@kernel
def _load(t: Record, s: Record, lane: int, slot: int) -> None:
    replica = replicas_of(s)[lane, slot]
    replica.state, replica.watched = STARTING, 0
    replica.start += 1
    ready_s = s.now_s + start_s(t, s, lane, slot)
    schedule(s, ready_s, LOADED, (lane, slot, replica.start))


@kernel
def _make_ready(t: Record, s: Record, lane: int, slot: int) -> None:
    replica = replicas_of(s)[lane, slot]
    replica.state = READY
    replica.idle_since_s = s.now_s
    join_idle(s, lane, slot)
    meter(s, lane, READY_REPLICAS, 1)
    watch(t, s, (lane, slot), replica.idle_since_s)


@kernel
def _retire_old(t: Record, s: Record, lane: int) -> None:
    ready = 0
    for slot in range(lanes_of(s)[lane].top):
        ready += replicas_of(s)[lane, slot].state == READY and not is_old(t, s, lane, slot)
    if ready + lanes_of(s)[lane].asleep != lanes_of(s)[lane].replicas:
        return
    for slot in range(lanes_of(s)[lane].top):
        if _counts(s, lane, slot) and is_old(t, s, lane, slot):
            retire(t, s, lane, slot)


@kernel
def _most_dispensable(t: Record, s: Record, lane: int, old: bool) -> int:
    """Who goes first of the old ones, or of the deployment: not ready, idle, young."""
    best, best_rank = -1, (0, 0, 0)
    for slot in range(lanes_of(s)[lane].top):
        replica = replicas_of(s)[lane, slot]
        if _counts(s, lane, slot) and is_old(t, s, lane, slot) == old:
            rank = (int(replica.state), int(replica.size > 0), -int(replica.index))
            if best < 0 or rank < best_rank:
                best, best_rank = slot, rank
    return best


@kernel
def retire(t: Record, s: Record, lane: int, slot: int) -> None:
    replica = replicas_of(s)[lane, slot]
    if replica.size:
        replica.state = DRAINING
        return
    if replica.state == READY:
        leave_idle(s, lane, slot)
        meter(s, lane, READY_REPLICAS, -1)
    _remove(t, s, lane, slot)


@kernel
def _remove(t: Record, s: Record, lane: int, slot: int) -> None:
    replica = replicas_of(s)[lane, slot]
    release(t, s, lane, slot)
    if replica.state != PENDING:
        meter(s, lane, CORES, -models_of(t)[replica.model].cores)
    replica.state = GONE


@kernel
def _stop_work(t: Record, s: Record, lane: int, slot: int) -> None:
    meter(s, lane, BUSY, -1)
    meter(s, lane, BUSY_CORES, -models_of(t)[replicas_of(s)[lane, slot].model].cores)
