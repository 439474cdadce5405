"""Chance in a running cluster; as in `ipagym.cluster.sim.reference.sampling`."""

from math import exp, log1p

from ipagym.cluster.sim.compiled.access import (
    average_s_of,
    buffers_of,
    models_of,
    nodes_of,
    places_of,
    replicas_of,
    requests_of,
    sigma_of,
    spreads_of,
    starts_of,
    stations_of,
)
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import SPREADS, Record
from ipagym.cluster.sim.compiled.philox import uniforms
from ipagym.cluster.sim.spreads import Family
from ipagym.random.philox import Concern

STRAGGLER, START, CRASH, NODE, SCRAPE, _, PROFILE, _ = (int(concern) for concern in Concern)
CONSTANT, NORMAL = int(Family.CONSTANT), int(Family.NORMAL)


@kernel
def take_spread(rules: Record, sim: Record, request: int) -> None:
    """Give the request that has just arrived a number for each stage, of which its service times are made."""
    if rules.family == CONSTANT:
        return
    buffer = buffers_of(sim)[SPREADS]
    for stage in range(places_of(sim).shape[1]):
        places_of(sim)[request, stage].spread = spreads_of(sim)[buffer.used + stage]
    buffer.used += places_of(sim).shape[1]


@kernel
def service_s(rules: Record, sim: Record, batch: tuple[int, int, int], first: int) -> float:
    """The service time of a batch (stage, model, size); its first request decides by chance."""
    stage, model, size = batch
    seconds = average_s_of(rules)[model, size]
    if rules.profile_error > 0:
        seconds = seconds * profile_factor(rules, sim, models_of(rules)[model].variant)
    if rules.family == NORMAL:
        sigma = sigma_of(rules)[model, size]
        # Minus half the variance, so that the factor has mean 1.
        seconds = seconds * exp(sigma * places_of(sim)[first, stage].spread - sigma * sigma / 2)
    elif rules.family != CONSTANT:
        seconds = seconds * places_of(sim)[first, stage].spread
    if rules.straggler > 0 and uniforms(sim, STRAGGLER, stage, requests_of(sim)[first].index)[0] < rules.straggler:
        seconds = seconds * rules.straggler_factor
    return float(seconds)


@kernel
def profile_factor(rules: Record, sim: Record, variant: int) -> float:
    """How long services of a variant take in this episode, by what its profile says."""
    return float(1 + rules.profile_error * (2 * uniforms(sim, PROFILE, variant, 0)[0] - 1))


@kernel
def start_s(rules: Record, sim: Record, station: int, slot: int) -> float:
    """Seconds of the start that begins now; its failure is drawn, too, and kept in `replica.fails`."""
    replica = replicas_of(sim)[station, slot]
    model = models_of(rules)[replica.model]
    started = starts_of(sim)[model.variant]
    starts_of(sim)[model.variant] = started + 1
    slow, replica.fails = uniforms(sim, START, model.variant, started)
    return float(model.load_s * rules.slow_start_factor if slow < rules.slow_start else model.load_s)


@kernel
def start_fails(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """Failure of the start that should be done now."""
    return bool(replicas_of(sim)[station, slot].fails < rules.failed_start)


@kernel
def crash_gap_s(rules: Record, sim: Record, station: int) -> float:
    """Seconds until the next crash comes up among twice the most replicas."""
    gap = uniforms(sim, CRASH, station, stations_of(sim)[station].strikes)[0]
    return -log1p(-gap) * 3600.0 / (rules.crashes_per_hour * (2 * rules.max_replicas))


@kernel
def victim(rules: Record, sim: Record, station: int) -> int:
    """The one of twice the most replicas that this crash strikes."""
    return int(uniforms(sim, CRASH, station, stations_of(sim)[station].strikes)[1] * (2 * rules.max_replicas))


@kernel
def node_loss_gap_s(rules: Record, sim: Record, node: int) -> float:
    """Seconds that a node stays up."""
    return -log1p(-uniforms(sim, NODE, node, nodes_of(sim)[node].losses)[0]) * 3600.0 / rules.node_losses_per_hour


@kernel
def scrape_is_lost(rules: Record, sim: Record) -> bool:
    """Loss of the figures of the present window."""
    return bool(rules.lost_scrape > 0 and uniforms(sim, SCRAPE, 0, sim.windows)[0] < rules.lost_scrape)
