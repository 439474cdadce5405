"""The end of requests, and the places they leave free; as in `ipagym.cluster.sim.reference.outcome`."""

from ipagym.cluster.sim.compiled.access import latency_s_of, log_of, places_of, requests_of, stages_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import COMPLETED, DROPPED, Record
from ipagym.cluster.sim.compiled.queues import discard


@kernel
def answer(rules: Record, sim: Record, index: int) -> None:
    """The request is answered now."""
    request = requests_of(sim)[index]
    latency_s_of(sim)[sim.completed] = sim.now_s - request.sent_s
    sim.completed += 1
    sim.accuracy_sum += request.accuracy
    if sim.now_s > request.deadline_s and not request.late:
        sim.violations += 1
    _end(rules, sim, index, COMPLETED)


@kernel
def drop(rules: Record, sim: Record, stage: int, index: int) -> None:
    """The stage gives the request up; its copies leave the queues of other stages."""
    request = requests_of(sim)[index]
    stages_of(sim)[stage].dropped += 1
    sim.dropped += 1
    if not request.late:
        sim.violations += 1
    for other in range(places_of(sim).shape[1]):
        if places_of(sim)[index, other].stamp:
            discard(sim, index, other)
    _end(rules, sim, index, DROPPED)


@kernel
def forget(sim: Record, index: int) -> None:
    """Let the place of an ended request be used again, once no replica works on a copy of it."""
    # A request that was dropped in one branch of the graph may be in a batch at work in another.
    if requests_of(sim)[index].serving == 0:
        requests_of(sim)[index].next_free = sim.free
        sim.free = index


@kernel
def _end(rules: Record, sim: Record, index: int, outcome: int) -> None:
    request = requests_of(sim)[index]
    request.outcome = outcome
    sim.ended += 1
    if rules.keep:
        entry = log_of(sim)[request.index]
        entry.outcome, entry.end_s, entry.accuracy = outcome, sim.now_s, request.accuracy
    forget(sim, index)
