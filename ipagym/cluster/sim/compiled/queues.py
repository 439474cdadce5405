"""The queue of a lane: a ring in order of entry, and a heap by deadline where the order asks for it.

An entry holds while its stamp is that of the request's place; others are remnants and are skipped.
"""

from ipagym.cluster.sim.compiled.access import by_deadline_of, lanes_of, places_of, requests_of, rings_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record


@kernel
def push(t: Record, s: Record, lane_index: int, request: int) -> None:
    """Add a request at the end."""
    _make_space(s, lane_index, t.lanes_per_stage)
    lane = lanes_of(s)[lane_index]
    at = (lane.ring_head + lane.ring_used) & (rings_of(s).shape[1] - 1)
    _enter(t, s, lane_index, (at, request))


@kernel
def push_back(t: Record, s: Record, lane_index: int, request: int) -> None:
    """Put a request that was not served in front again."""
    _make_space(s, lane_index, t.lanes_per_stage)
    lane = lanes_of(s)[lane_index]
    lane.ring_head = (lane.ring_head - 1) & (rings_of(s).shape[1] - 1)
    _enter(t, s, lane_index, (lane.ring_head, request))


@kernel
def first_in(t: Record, s: Record, lane_index: int) -> int:
    """The request that has waited longest; the queue must not be empty."""
    lane = lanes_of(s)[lane_index]
    stage = lane_index // t.lanes_per_stage
    while True:
        entry = rings_of(s)[lane_index, lane.ring_head]
        if places_of(s)[entry.request, stage].stamp == entry.stamp:
            return int(entry.request)
        lane.ring_head = (lane.ring_head + 1) & (rings_of(s).shape[1] - 1)
        lane.ring_used -= 1


@kernel
def pop(t: Record, s: Record, lane_index: int) -> int:
    """Take the request that is served next; the queue must not be empty."""
    stage = lane_index // t.lanes_per_stage
    lane = lanes_of(s)[lane_index]
    if t.edf:
        request = _pop_by_deadline(s, lane_index, stage)
    else:
        request = first_in(t, s, lane_index)
        lane.ring_head = (lane.ring_head + 1) & (rings_of(s).shape[1] - 1)
        lane.ring_used -= 1
    places_of(s)[request, stage].stamp = 0
    lane.queued -= 1
    return request


@kernel
def _enter(t: Record, s: Record, lane_index: int, entry: tuple[int, int]) -> None:
    at, request = entry
    lane = lanes_of(s)[lane_index]
    s.stamp += 1
    place = places_of(s)[request, lane_index // t.lanes_per_stage]
    place.stamp, place.lane = s.stamp, lane_index
    waiting = rings_of(s)[lane_index, at]
    waiting.request, waiting.stamp = request, s.stamp
    lane.ring_used += 1
    lane.queued += 1
    if t.edf:
        _push_by_deadline(s, lane_index, request)


@kernel
def _make_space(s: Record, lane_index: int, lanes_per_stage: int) -> None:
    """Drop the remnants where the ring or the heap is full; fewer requests than its size are ever queued."""
    lane = lanes_of(s)[lane_index]
    stage = lane_index // lanes_per_stage
    size = rings_of(s).shape[1]
    if lane.ring_used == size:
        kept = 0
        for i in range(size):
            entry = rings_of(s)[lane_index, (lane.ring_head + i) & (size - 1)]
            if places_of(s)[entry.request, stage].stamp == entry.stamp:
                rings_of(s)[lane_index, (lane.ring_head + kept) & (size - 1)] = entry
                kept += 1
        lane.ring_used = kept
    if lane.edf_used == size:
        used = lane.edf_used
        lane.edf_used = 0
        for i in range(used):
            found = by_deadline_of(s)[lane_index, i]
            if places_of(s)[found.request, stage].stamp == found.stamp:
                _sift_up(s, lane_index, (found.deadline_s, found.index, found.request, found.stamp))


@kernel
def _push_by_deadline(s: Record, lane_index: int, request: int) -> None:
    found = requests_of(s)[request]
    _sift_up(s, lane_index, (found.deadline_s, found.index, request, s.stamp))


@kernel
def _sift_up(s: Record, lane_index: int, entry: tuple[float, int, int, int]) -> None:
    lane = lanes_of(s)[lane_index]
    at = lane.edf_used
    lane.edf_used += 1
    while at > 0:
        parent = (at - 1) >> 1
        if not _sooner(entry[0], entry[1], by_deadline_of(s)[lane_index, parent]):
            break
        by_deadline_of(s)[lane_index, at] = by_deadline_of(s)[lane_index, parent]
        at = parent
    place = by_deadline_of(s)[lane_index, at]
    place.deadline_s, place.index, place.request, place.stamp = entry


@kernel
def _pop_by_deadline(s: Record, lane_index: int, stage: int) -> int:
    while True:
        first = by_deadline_of(s)[lane_index, 0]
        request, stamp = first.request, first.stamp
        _remove_soonest(s, lane_index)
        if places_of(s)[request, stage].stamp == stamp:
            return int(request)


@kernel
def _remove_soonest(s: Record, lane_index: int) -> None:
    lane = lanes_of(s)[lane_index]
    heap = by_deadline_of(s)[lane_index]
    lane.edf_used -= 1
    n = lane.edf_used
    if n == 0:
        return
    at = 0
    while True:
        child = 2 * at + 1
        if child >= n:
            break
        if child + 1 < n and _sooner(heap[child + 1].deadline_s, heap[child + 1].index, heap[child]):
            child += 1
        if not _sooner(heap[child].deadline_s, heap[child].index, heap[n]):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = heap[n]


@kernel
def _sooner(deadline_s: float, index: int, entry: Record) -> bool:
    return deadline_s < entry.deadline_s or (deadline_s == entry.deadline_s and index < entry.index)
