"""The queue of a station; as in `ipagym.cluster.sim.reference.queues`.

A ring in order of entry, and a heap by deadline where the order asks for it. A ring, because nothing may be allocated
here and both ends move: a batch that was cut off comes back in front. An entry holds while its stamp is that of the
request's place; others are remnants and are skipped. So a request that is dropped elsewhere, or taken from the heap,
is gone at once without a search in the ring.
"""

from ipagym.cluster.sim.compiled.access import by_deadline_of, places_of, requests_of, rings_of, stations_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Record


@kernel
def push(rules: Record, sim: Record, station_index: int, request: int) -> None:
    """Add a request at the end."""
    _make_space(sim, station_index, rules.stations_per_stage)
    station = stations_of(sim)[station_index]
    at = (station.ring_head + station.ring_used) & (rings_of(sim).shape[1] - 1)
    _enter(rules, sim, station_index, (at, request))


@kernel
def push_back(rules: Record, sim: Record, station_index: int, request: int) -> None:
    """Put a request that was not served in front again."""
    _make_space(sim, station_index, rules.stations_per_stage)
    station = stations_of(sim)[station_index]
    station.ring_head = (station.ring_head - 1) & (rings_of(sim).shape[1] - 1)
    _enter(rules, sim, station_index, (station.ring_head, request))


@kernel
def first_in(rules: Record, sim: Record, station_index: int) -> int:
    """The request that has waited longest; the queue must not be empty."""
    station = stations_of(sim)[station_index]
    stage = station_index // rules.stations_per_stage
    while True:
        entry = rings_of(sim)[station_index, station.ring_head]
        if places_of(sim)[entry.request, stage].stamp == entry.stamp:
            return int(entry.request)
        station.ring_head = (station.ring_head + 1) & (rings_of(sim).shape[1] - 1)
        station.ring_used -= 1


@kernel
def pop(rules: Record, sim: Record, station_index: int) -> int:
    """Take the request that is served next; the queue must not be empty."""
    stage = station_index // rules.stations_per_stage
    station = stations_of(sim)[station_index]
    if rules.edf:
        request = _pop_by_deadline(sim, station_index, stage)
    else:
        request = first_in(rules, sim, station_index)
        station.ring_head = (station.ring_head + 1) & (rings_of(sim).shape[1] - 1)
        station.ring_used -= 1
    discard(sim, request, stage)
    return request


@kernel
def discard(sim: Record, request: int, stage: int) -> None:
    """Take the request out of the queue of this stage that it waits in."""
    place = places_of(sim)[request, stage]
    place.stamp = 0
    stations_of(sim)[place.station].queued -= 1


@kernel
def _enter(rules: Record, sim: Record, station_index: int, entry: tuple[int, int]) -> None:
    at, request = entry
    station = stations_of(sim)[station_index]
    sim.stamp += 1
    place = places_of(sim)[request, station_index // rules.stations_per_stage]
    place.stamp, place.station = sim.stamp, station_index
    waiting = rings_of(sim)[station_index, at]
    waiting.request, waiting.stamp = request, sim.stamp
    station.ring_used += 1
    station.queued += 1
    if rules.edf:
        _push_by_deadline(sim, station_index, request)


@kernel
def _make_space(sim: Record, station_index: int, stations_per_stage: int) -> None:
    """Drop the remnants where the ring or the heap is full; fewer requests than its size are ever queued."""
    station = stations_of(sim)[station_index]
    stage = station_index // stations_per_stage
    size = rings_of(sim).shape[1]
    if station.ring_used == size:
        kept = 0
        for i in range(size):
            entry = rings_of(sim)[station_index, (station.ring_head + i) & (size - 1)]
            if places_of(sim)[entry.request, stage].stamp == entry.stamp:
                rings_of(sim)[station_index, (station.ring_head + kept) & (size - 1)] = entry
                kept += 1
        station.ring_used = kept
    if station.edf_used == size:
        used = station.edf_used
        station.edf_used = 0
        for i in range(used):
            found = by_deadline_of(sim)[station_index, i]
            if places_of(sim)[found.request, stage].stamp == found.stamp:
                _sift_up(sim, station_index, (found.deadline_s, found.index, found.request, found.stamp))


@kernel
def _push_by_deadline(sim: Record, station_index: int, request: int) -> None:
    found = requests_of(sim)[request]
    _sift_up(sim, station_index, (found.deadline_s, found.index, request, sim.stamp))


@kernel
def _sift_up(sim: Record, station_index: int, entry: tuple[float, int, int, int]) -> None:
    station = stations_of(sim)[station_index]
    at = station.edf_used
    station.edf_used += 1
    while at > 0:
        parent = (at - 1) >> 1
        if not _sooner(entry[0], entry[1], by_deadline_of(sim)[station_index, parent]):
            break
        by_deadline_of(sim)[station_index, at] = by_deadline_of(sim)[station_index, parent]
        at = parent
    place = by_deadline_of(sim)[station_index, at]
    place.deadline_s, place.index, place.request, place.stamp = entry


@kernel
def _pop_by_deadline(sim: Record, station_index: int, stage: int) -> int:
    while True:
        first = by_deadline_of(sim)[station_index, 0]
        request, stamp = first.request, first.stamp
        _remove_soonest(sim, station_index)
        if places_of(sim)[request, stage].stamp == stamp:
            return int(request)


@kernel
def _remove_soonest(sim: Record, station_index: int) -> None:
    station = stations_of(sim)[station_index]
    heap = by_deadline_of(sim)[station_index]
    station.edf_used -= 1
    n = station.edf_used
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
