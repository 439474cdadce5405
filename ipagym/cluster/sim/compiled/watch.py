"""When to look at a replica that is idle now."""

from math import inf

from ipagym.cluster.sim.compiled.access import replicas_of
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import LOOK, Record


@kernel
def watch(rules: Record, sim: Record, target: tuple[int, int], since_s: float) -> None:
    """Look at the replica (station, slot) when it has been idle for long enough; one look is planned at a time."""
    station, slot = target
    replica = replicas_of(sim)[station, slot]
    if rules.keep_alive_s < inf and not replica.watched:
        replica.watched = 1
        schedule(sim, max(sim.now_s, since_s + rules.keep_alive_s), LOOK, (station, slot, replica.start))
