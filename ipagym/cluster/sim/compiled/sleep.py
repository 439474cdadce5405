"""Sleeping replicas; as in `ipagym.cluster.sim.reference.sleep` and `fleet`."""

from ipagym.cluster.sim.compiled.access import lanes_of, replicas_of
from ipagym.cluster.sim.compiled.fleet import is_old, launch, retire
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import PENDING, READY, STARTING, Record
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.watch import watch


@kernel
def look(t: Record, s: Record, lane: int, event: tuple[int, int]) -> None:
    """Let the replica sleep that has been idle for long enough while nothing waits in the queue of its open lane."""
    slot, start = event
    replica = replicas_of(s)[lane, slot]
    if replica.state != READY or replica.start != start:
        return
    replica.watched = 0
    if replica.size or lanes_of(s)[lane].closed or is_old(t, s, lane, slot):
        return
    if s.now_s < replica.idle_since_s + t.keep_alive_s:
        watch(t, s, (lane, slot), replica.idle_since_s)
    elif lanes_of(s)[lane].queued:
        watch(t, s, (lane, slot), s.now_s)
    else:
        lanes_of(s)[lane].asleep += 1
        retire(t, s, lane, slot)
        use_room(t, s)


@kernel
def wake(t: Record, s: Record, index: int) -> None:
    """Start replicas that sleep, until as many are on their way as there are batches waiting."""
    lane = lanes_of(s)[index]
    if not (lane.asleep and lane.queued) or lane.idle:
        return
    coming = 0
    for slot in range(lane.top):
        state = replicas_of(s)[index, slot].state
        coming += state in (PENDING, STARTING) and not is_old(t, s, index, slot)
    batches = (lane.queued + lane.batch - 1) // lane.batch
    woken = max(0, min(lane.asleep, batches - coming))
    lane.asleep -= woken
    launch(t, s, index, woken)
