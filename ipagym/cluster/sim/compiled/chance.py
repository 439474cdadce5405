"""What chance decides, drawn from the supplies; as in `ipagym.cluster.sim.luck`."""

from math import exp, log1p

from ipagym.cluster.sim.compiled.access import (
    average_s_of,
    crashes_of,
    models_of,
    node_times_of,
    services_of,
    sigma_of,
    starts_of,
    stragglers_of,
    supplies_of,
)
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import (
    CRASHES,
    MEASURED_SPREAD,
    NODE_TIMES,
    OTHER_SPREAD,
    SERVICES,
    STARTS,
    STRAGGLERS,
    Array,
    Record,
)


@kernel
def draw(s: Record, concern: int, numbers: Array) -> float:
    """The next number of a concern's supply."""
    supply = supplies_of(s)[concern]
    supply.used += 1
    return float(numbers[supply.used - 1])


@kernel
def service_s(t: Record, s: Record, model: int, size: int) -> float:
    """The service time of a batch: the average, its spread and stragglers applied."""
    seconds = average_s_of(t)[model, size]
    if t.spread == OTHER_SPREAD:
        seconds = seconds * draw(s, SERVICES, services_of(s))
    elif t.spread == MEASURED_SPREAD:
        sigma = sigma_of(t)[model, size]
        seconds = seconds * exp(sigma * draw(s, SERVICES, services_of(s)) - sigma * sigma / 2)
    if t.straggler > 0 and draw(s, STRAGGLERS, stragglers_of(s)) < t.straggler:
        seconds = seconds * t.straggler_factor
    return float(seconds)


@kernel
def start_s(t: Record, s: Record, model: int) -> float:
    """How long a start takes."""
    seconds = models_of(t)[model].load_s
    if t.slow_start > 0 and draw(s, STARTS, starts_of(s)) < t.slow_start:
        seconds = seconds * t.slow_start_factor
    return float(seconds)


@kernel
def start_fails(t: Record, s: Record) -> bool:
    """Whether a start that should be done has failed."""
    return t.failed_start > 0 and draw(s, STARTS, starts_of(s)) < t.failed_start


@kernel
def crash_gap_s(t: Record, s: Record) -> float:
    """Until the next crash among twice the most replicas."""
    return -log1p(-draw(s, CRASHES, crashes_of(s))) * 3600.0 / (t.crashes_per_hour * (2 * t.max_replicas))


@kernel
def victim(t: Record, s: Record) -> int:
    """Which of twice the most replicas crashes."""
    return int(draw(s, CRASHES, crashes_of(s)) * (2 * t.max_replicas))


@kernel
def node_loss_gap_s(t: Record, s: Record) -> float:
    """How long a node stays up."""
    return -log1p(-draw(s, NODE_TIMES, node_times_of(s))) * 3600.0 / t.node_losses_per_hour
