"""The end of requests, and the places they leave free."""

from ipagym.cluster.sim.compiled.access import lanes_of, latency_s_of, log_of, places_of, requests_of, stages_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import COMPLETED, DROPPED, Record


@kernel
def answer(t: Record, s: Record, index: int) -> None:
    """The request is answered now."""
    request = requests_of(s)[index]
    latency_s_of(s)[s.completed] = s.now_s - request.sent_s
    s.completed += 1
    s.accuracy_sum += request.accuracy
    if s.now_s > request.deadline_s and not request.late:
        s.violations += 1
    _end(t, s, index, COMPLETED)


@kernel
def drop(t: Record, s: Record, stage: int, index: int) -> None:
    """The stage gives the request up; its copies leave the queues of other stages."""
    request = requests_of(s)[index]
    stages_of(s)[stage].dropped += 1
    s.dropped += 1
    if not request.late:
        s.violations += 1
    for other in range(places_of(s).shape[1]):
        place = places_of(s)[index, other]
        if place.stamp:
            place.stamp = 0
            lanes_of(s)[place.lane].queued -= 1
    _end(t, s, index, DROPPED)


@kernel
def forget(s: Record, index: int) -> None:
    """Let the place of an ended request be used again, once no replica works on a copy of it."""
    if requests_of(s)[index].serving == 0:
        requests_of(s)[index].next_free = s.free
        s.free = index


@kernel
def _end(t: Record, s: Record, index: int, outcome: int) -> None:
    request = requests_of(s)[index]
    request.outcome = outcome
    s.ended += 1
    if t.keep:
        entry = log_of(s)[request.index]
        entry.outcome, entry.end_s, entry.accuracy = outcome, s.now_s, request.accuracy
    forget(s, index)
