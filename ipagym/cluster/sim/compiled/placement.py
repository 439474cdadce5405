"""What happens when cores become free on the nodes."""

from ipagym.cluster.sim.compiled.access import lanes_of, replicas_of
from ipagym.cluster.sim.compiled.fleet import admit, make_room, resize
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record
from ipagym.cluster.sim.compiled.nodes import fits, next_waiting


@kernel
def use_room(t: Record, s: Record) -> None:
    """Resize and place what waits for room; where a deployment is stuck, make room and try again."""
    made = True
    while made:
        for lane in range(len(lanes_of(s))):
            resize(t, s, lane)
        if not s.pending:
            return
        _admit_waiting(t, s)
        made = False
        for lane in range(len(lanes_of(s))):
            made |= make_room(t, s, lane)


@kernel
def _admit_waiting(t: Record, s: Record) -> None:
    order = 0
    while True:
        lane, slot = next_waiting(s, order)
        if lane < 0:
            return
        order = replicas_of(s)[lane, slot].order
        if fits(t, s, lane, slot):
            s.pending -= 1
            admit(t, s, lane, slot)
