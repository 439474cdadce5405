"""How a new configuration is shared out among the lanes; as in `ipagym.cluster.sim.reference.stage` and `simulator`."""

from ipagym.cluster.sim.compiled.access import lanes_of, models_of, nodes_of, stages_of
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.fleet import follow, start
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import CRASH, NODE_LOSS, Array, Record
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.sampling import crash_gap_s, node_loss_gap_s
from ipagym.cluster.sim.compiled.stage import dispatch_stage


@kernel
def begin(t: Record, s: Record, asks: Array) -> None:
    """Have the configuration's replicas ready now; `asks` is of shape (S, lanes per stage)."""
    _set_accuracy(t, s, asks)
    for stage in range(len(stages_of(s))):
        for i in range(t.lanes_per_stage):
            if asks[stage, i].model >= 0:
                lane = stage * t.lanes_per_stage + i
                _aim(s, lane, asks[stage, i])
                start(t, s, lane)
    if t.crashes_per_hour > 0:
        for lane in range(len(lanes_of(s))):
            schedule(s, s.now_s + crash_gap_s(t, s, lane), CRASH, (lane, 0, 0))
    if t.node_losses_per_hour > 0:
        for node in range(len(nodes_of(s))):
            schedule(s, s.now_s + node_loss_gap_s(t, s, node), NODE_LOSS, (0, node, 0))


@kernel
def decide(t: Record, s: Record, asks: Array) -> None:
    """Start moving to a configuration; what an earlier one left unfinished is superseded."""
    _set_accuracy(t, s, asks)
    for stage in range(len(stages_of(s))):
        _assign(t, s, stage, asks[stage])
    use_room(t, s)
    for stage in range(len(stages_of(s))):
        dispatch_stage(t, s, stage)


@kernel
def _assign(t: Record, s: Record, stage: int, asks: Array) -> None:
    """A variant keeps its lane, a new one takes over that of one that goes: open ones before closed ones."""
    width = t.lanes_per_stage
    lanes = lanes_of(s)[stage * width : (stage + 1) * width]
    for lane in range(width):
        lanes[lane].asked = -1
        for i in range(width):
            if asks[i].model >= 0 and lanes[lane].used and _same_variant(t, lanes[lane].model, asks[i].model):
                lanes[lane].asked = i
    for i in range(width):
        if asks[i].model >= 0 and not _is_assigned(lanes, i):
            lanes[_vacant(lanes)].asked = i
    for lane in range(width):
        lanes[lane].credit = 0.0
        lanes[lane].closed = lanes[lane].asked < 0
    for lane in range(width):
        if not lanes[lane].closed:
            _aim(s, stage * width + lane, asks[lanes[lane].asked])
            follow(t, s, stage * width + lane)


@kernel
def _is_assigned(lanes: Array, ask: int) -> bool:
    number = 0
    for lane in range(len(lanes)):
        number += lanes[lane].asked == ask
    return number > 0


@kernel
def _vacant(lanes: Array) -> int:
    best = -1
    for lane in range(len(lanes)):
        if lanes[lane].asked < 0 and (best < 0 or lanes[lane].closed < lanes[best].closed):
            best = lane
    return best


@kernel
def _same_variant(t: Record, model: int, other: int) -> bool:
    return bool(models_of(t)[model].variant == models_of(t)[other].variant)


@kernel
def _aim(s: Record, index: int, ask: Record) -> None:
    lane = lanes_of(s)[index]
    lane.used, lane.closed = 1, 0
    lane.model, lane.replicas, lane.batch, lane.weight = ask.model, ask.replicas, ask.batch, ask.weight


@kernel
def _set_accuracy(t: Record, s: Record, asks: Array) -> None:
    """PAS of the configuration: a stage counts with the mean of its deployments by weight."""
    accuracy = 1.0
    for stage in range(len(stages_of(s))):
        total = weights = 0.0
        for i in range(t.lanes_per_stage):
            ask = asks[stage, i]
            if ask.model >= 0:
                total += ask.weight * models_of(t)[ask.model].accuracy
                weights += ask.weight
        accuracy *= total / weights
    s.configured_accuracy = accuracy
