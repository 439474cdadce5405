"""The figures of a window, taken at its end."""

from math import ceil, floor

from ipagym.cluster.sim.compiled.access import (
    figures_of,
    lanes_of,
    latency_s_of,
    meters_of,
    per_second_of,
    ranked_s_of,
    requests_of,
    stage_figures_of,
    stages_of,
)
from ipagym.cluster.sim.compiled.fleet import count, is_mismatched, meter
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
from ipagym.cluster.sim.compiled.sampling import scrape_is_lost


@kernel
def read(s: Record, lane: int, which: int) -> float:
    """The integral of a meter since the last reading; the next one starts here."""
    meter(s, lane, which, 0.0)
    m = meters_of(s)[lane, which]
    total = m.total
    m.total = 0.0
    return float(total)


@kernel
def close_window(t: Record, s: Record) -> None:
    """Write the figures of the window that ends now and begin the next."""
    out = figures_of(s)[0]
    _flag_late(s)
    held = busy = 0.0
    for lane in range(len(lanes_of(s))):
        held += read(s, lane, CORES)
        busy += read(s, lane, BUSY_CORES)
    out.start_s, out.end_s = s.start_s, s.now_s
    out.arrivals, out.completed, out.dropped = s.arrivals, s.completed, s.dropped
    out.violations, out.in_system = s.violations, s.arrived - s.ended
    out.cores = held / (s.now_s - s.start_s)
    out.energy_j = t.idle_watts * (held - busy) + t.busy_watts * busy
    out.accuracy = s.accuracy_sum / s.completed if s.completed else s.configured_accuracy
    latencies = ranked_s_of(s)[: s.completed]
    for i in range(s.completed):
        latencies[i] = latency_s_of(s)[i]
    out.latency_p50_s, out.latency_p99_s = quantile(latencies, 0.5), quantile(latencies, 0.99)
    s.scraped = not scrape_is_lost(t, s)
    s.windows += 1
    for stage in range(len(stages_of(s))):
        _close_stage(t, s, stage)
    out.network_min_s, out.network_max_s = s.network_min_s, s.network_max_s
    out.network_mean_s = s.network_sum_s / s.arrivals if s.arrivals else 0.0
    s.arrivals = s.completed = s.dropped = s.violations = 0
    s.accuracy_sum = s.network_min_s = s.network_max_s = s.network_sum_s = 0.0


@kernel
def open_window(s: Record, seconds: float) -> None:
    """Begin a window of `seconds`."""
    s.start_s, s.until_s = s.now_s, s.now_s + seconds
    s.seconds = max(1, ceil(s.until_s - s.start_s))
    per_second_of(s)[:] = 0


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
def _flag_late(s: Record) -> None:
    """Count the requests in the system whose deadline has passed, each once."""
    if s.arrived == s.ended:
        return
    for index in range(len(requests_of(s))):
        request = requests_of(s)[index]
        if request.outcome == IN_SYSTEM and not request.late and request.deadline_s < s.now_s:
            request.late = 1
            s.violations += 1


@kernel
def _close_stage(t: Record, s: Record, stage: int) -> None:
    out = stage_figures_of(s)[stage]
    width = t.lanes_per_stage
    ready_s = busy_s = 0.0
    out.queue = out.ready = out.starting = out.pending = out.draining = 0
    out.resizing = out.asleep = 0
    for lane in range(stage * width, (stage + 1) * width):
        ready_s += read(s, lane, READY_REPLICAS)
        busy_s += read(s, lane, BUSY)
        out.queue += lanes_of(s)[lane].queued
        out.asleep += lanes_of(s)[lane].asleep
        out.ready += count(s, lane, READY)
        out.starting += count(s, lane, STARTING)
        out.pending += count(s, lane, PENDING)
        out.draining += count(s, lane, DRAINING)
        if not lanes_of(s)[lane].closed:
            for slot in range(lanes_of(s)[lane].top):
                out.resizing += is_mismatched(t, s, lane, slot)
    out.utilisation = min(1.0, busy_s / ready_s) if ready_s > 0 else 0.0
    out.arrivals, out.dropped = stages_of(s)[stage].arrivals, stages_of(s)[stage].dropped
    stages_of(s)[stage].arrivals = stages_of(s)[stage].dropped = 0
