"""When to look at a replica that is idle now."""

from math import inf

from ipagym.cluster.sim.compiled.access import replicas_of
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import LOOK, Record


@kernel
def watch(t: Record, s: Record, target: tuple[int, int], since_s: float) -> None:
    """Look at the replica (lane, slot) when it has been idle for long enough; one look is planned at a time."""
    lane, slot = target
    replica = replicas_of(s)[lane, slot]
    if t.keep_alive_s < inf and not replica.watched:
        replica.watched = 1
        schedule(s, max(s.now_s, since_s + t.keep_alive_s), LOOK, (lane, slot, replica.start))
