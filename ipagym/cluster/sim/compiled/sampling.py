"""What chance decides; as in `ipagym.cluster.sim.reference.sampling`."""

from math import exp, log1p

from ipagym.cluster.sim.compiled.access import (
    average_s_of,
    lanes_of,
    models_of,
    nodes_of,
    places_of,
    replicas_of,
    requests_of,
    sigma_of,
    spreads_of,
    starts_of,
    supplies_of,
)
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import CONSTANT, MEASURED_SPREAD, OTHER_SPREAD, SPREADS, Record
from ipagym.cluster.sim.compiled.philox import uniforms
from ipagym.random.philox import Concern

STRAGGLER, START, CRASH, NODE, SCRAPE, _ = (int(concern) for concern in Concern)


@kernel
def take_spread(t: Record, s: Record, request: int) -> None:
    """Give the request that has just arrived a number for each stage, of which its service times are made."""
    if t.spread == CONSTANT:
        return
    supply = supplies_of(s)[SPREADS]
    for stage in range(places_of(s).shape[1]):
        places_of(s)[request, stage].spread = spreads_of(s)[supply.used + stage]
    supply.used += places_of(s).shape[1]


@kernel
def service_s(t: Record, s: Record, batch: tuple[int, int, int], first: int) -> float:
    """The service time of a batch (stage, model, size); its first request decides by chance."""
    stage, model, size = batch
    seconds = average_s_of(t)[model, size]
    if t.spread == OTHER_SPREAD:
        seconds = seconds * places_of(s)[first, stage].spread
    elif t.spread == MEASURED_SPREAD:
        sigma = sigma_of(t)[model, size]
        seconds = seconds * exp(sigma * places_of(s)[first, stage].spread - sigma * sigma / 2)
    if t.straggler > 0 and uniforms(s, STRAGGLER, stage, requests_of(s)[first].index)[0] < t.straggler:
        seconds = seconds * t.straggler_factor
    return float(seconds)


@kernel
def start_s(t: Record, s: Record, lane: int, slot: int) -> float:
    """How long the start takes that begins now; whether it will fail is decided, too."""
    replica = replicas_of(s)[lane, slot]
    model = models_of(t)[replica.model]
    started = starts_of(s)[model.variant]
    starts_of(s)[model.variant] = started + 1
    slow, replica.fails = uniforms(s, START, model.variant, started)
    return float(model.load_s * t.slow_start_factor if slow < t.slow_start else model.load_s)


@kernel
def start_fails(t: Record, s: Record, lane: int, slot: int) -> bool:
    """Whether a start that should be done has failed."""
    return bool(replicas_of(s)[lane, slot].fails < t.failed_start)


@kernel
def crash_gap_s(t: Record, s: Record, lane: int) -> float:
    """Until the next crash comes up among twice the most replicas."""
    gap = uniforms(s, CRASH, lane, lanes_of(s)[lane].strikes)[0]
    return -log1p(-gap) * 3600.0 / (t.crashes_per_hour * (2 * t.max_replicas))


@kernel
def victim(t: Record, s: Record, lane: int) -> int:
    """Which of twice the most replicas crashes."""
    return int(uniforms(s, CRASH, lane, lanes_of(s)[lane].strikes)[1] * (2 * t.max_replicas))


@kernel
def node_loss_gap_s(t: Record, s: Record, node: int) -> float:
    """How long a node stays up."""
    return -log1p(-uniforms(s, NODE, node, nodes_of(s)[node].losses)[0]) * 3600.0 / t.node_losses_per_hour


@kernel
def scrape_is_lost(t: Record, s: Record) -> bool:
    """Whether the figures of the present window get lost."""
    return bool(t.lost_scrape > 0 and uniforms(s, SCRAPE, 0, s.windows)[0] < t.lost_scrape)
