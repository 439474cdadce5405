"""The figures of a window, taken at its end; as in `ipagym.cluster.sim.reference.window`."""

from math import ceil, floor

from ipagym.cluster.sim.compiled.access import (
    latency_s_of,
    per_second_of,
    ranked_s_of,
    requests_of,
    stage_records_of,
    stages_of,
    stations_of,
    window_records_of,
)
from ipagym.cluster.sim.compiled.fleet import count
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import (
    BUSY,
    BUSY_CORES,
    CORES,
    DRAINING,
    IN_SYSTEM,
    PENDING,
    READY,
    READY_REPLICAS,
    STARTING,
    Array,
    Record,
)
from ipagym.cluster.sim.compiled.meter import read
from ipagym.cluster.sim.compiled.sampling import scrape_is_lost
from ipagym.cluster.sim.compiled.target import is_mismatched


@kernel
def close_window(rules: Record, sim: Record) -> None:
    """Write the figures of the window that ends now and begin the next."""
    out = window_records_of(sim)[0]
    _flag_late(sim)
    held = busy = 0.0
    for station in range(len(stations_of(sim))):
        held += read(sim, station, CORES)
        busy += read(sim, station, BUSY_CORES)
    out.start_s, out.end_s = sim.start_s, sim.now_s
    out.arrivals, out.completed, out.dropped = sim.arrivals, sim.completed, sim.dropped
    out.violations, out.in_system = sim.violations, sim.arrived - sim.ended
    out.cores = held / (sim.now_s - sim.start_s)
    out.energy_j = rules.idle_watts * (held - busy) + rules.busy_watts * busy
    out.accuracy = sim.accuracy_sum / sim.completed if sim.completed else sim.configured_accuracy
    latencies = ranked_s_of(sim)[: sim.completed]
    for i in range(sim.completed):
        latencies[i] = latency_s_of(sim)[i]
    out.latency_p50_s, out.latency_p99_s = quantile(latencies, 0.5), quantile(latencies, 0.99)
    sim.scraped = not scrape_is_lost(rules, sim)
    sim.windows += 1
    for stage in range(len(stages_of(sim))):
        _close_stage(rules, sim, stage)
    out.network_min_s, out.network_max_s = sim.network_min_s, sim.network_max_s
    out.network_mean_s = sim.network_sum_s / sim.arrivals if sim.arrivals else 0.0
    sim.arrivals = sim.completed = sim.dropped = sim.violations = 0
    sim.accuracy_sum = sim.network_min_s = sim.network_max_s = sim.network_sum_s = 0.0


@kernel
def open_window(sim: Record, seconds: float) -> None:
    """Begin a window of `seconds`."""
    sim.start_s, sim.until_s = sim.now_s, sim.now_s + seconds
    sim.seconds = max(1, ceil(sim.until_s - sim.start_s))
    per_second_of(sim)[:] = 0


@kernel
def quantile(values: Array, q: float) -> float:
    """The q-quantile of values, which are moved about, as numpy has it by default (linear); 0 where there are none."""
    if len(values) == 0:
        return 0.0
    at = q * (len(values) - 1)
    below = floor(at)
    _select(values, below)
    low = high = values[below]
    if below + 1 < len(values):
        high = _minimum(values[below + 1 :])
    share, step = at - below, high - low
    # From the nearer end, as numpy has it: the other way rounds differently.
    return float(high - step * (1 - share) if share >= 0.5 else low + step * share)


@kernel
def _minimum(values: Array) -> float:
    smallest = values[0]
    for value in values:
        smallest = min(smallest, value)
    return float(smallest)


@kernel
def _select(values: Array, k: int) -> None:
    """Move the values so that the k-th smallest is at k, smaller ones before it (Hoare's selection)."""
    low, high = 0, len(values) - 1
    while low < high:
        pivot = values[(low + high) // 2]
        i, j = low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            return


@kernel
def _flag_late(sim: Record) -> None:
    """Count the requests in the system whose deadline has passed, each once."""
    if sim.arrived == sim.ended:
        return
    # Only once in a window: requests that end late are counted when they end, so no heap of deadlines is needed.
    for index in range(len(requests_of(sim))):
        request = requests_of(sim)[index]
        if request.outcome == IN_SYSTEM and not request.late and request.deadline_s < sim.now_s:
            request.late = 1
            sim.violations += 1


@kernel
def _close_stage(rules: Record, sim: Record, stage: int) -> None:
    out = stage_records_of(sim)[stage]
    width = rules.stations_per_stage
    ready_s = busy_s = 0.0
    out.queue = out.ready = out.starting = out.pending = out.draining = 0
    out.resizing = out.asleep = 0
    for station in range(stage * width, (stage + 1) * width):
        ready_s += read(sim, station, READY_REPLICAS)
        busy_s += read(sim, station, BUSY)
        out.queue += stations_of(sim)[station].queued
        out.asleep += stations_of(sim)[station].asleep
        out.ready += count(sim, station, READY)
        out.starting += count(sim, station, STARTING)
        out.pending += count(sim, station, PENDING)
        out.draining += count(sim, station, DRAINING)
        if not stations_of(sim)[station].closed:
            for slot in range(stations_of(sim)[station].top):
                out.resizing += is_mismatched(rules, sim, station, slot)
    out.utilisation = min(1.0, busy_s / ready_s) if ready_s > 0 else 0.0
    out.arrivals, out.dropped = stages_of(sim)[stage].arrivals, stages_of(sim)[stage].dropped
    stages_of(sim)[stage].arrivals = stages_of(sim)[stage].dropped = 0
