"""The next arrival, one at a time; the times are those of `ipagym.workload.arrivals`."""

from ipagym.cluster.sim.compiled.access import (
    buffers_of,
    gaps_of,
    journeys_of,
    log_of,
    log_stages_of,
    needs_of,
    per_second_of,
    places_of,
    rates_of,
    requests_of,
)
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import GAPS, IN_SYSTEM, NEEDS_LOG, NEEDS_REQUESTS, RUNNING, Record
from ipagym.cluster.sim.compiled.sampling import take_spread
from ipagym.workload.arrivals import GAPS_AT_ONCE

NEVER = float("inf")
NOWHERE = float("nan")


@kernel
def plan_arrival(rules: Record, sim: Record) -> None:
    """Set when the next request arrives and when it was sent."""
    if not rules.network:
        _plan_by_rate(sim)
        sim.next_sent_s = sim.next_arrival_s
    elif sim.arrived == len(journeys_of(sim)):
        sim.next_arrival_s = NEVER
    else:
        journey = journeys_of(sim)[sim.arrived]
        sim.next_sent_s, sim.next_arrival_s = journey.sent_s, journey.arrival_s


@kernel
def _plan_by_rate(sim: Record) -> None:
    """Set the time of the next arrival: the place where the cumulative rate reaches the sum of the gaps.

    Gaps come in chunks; their sum is taken within the chunk and then added to that of the chunks before, so that the
    rounding is that of the vectorised form.
    """
    buffer = buffers_of(sim)[GAPS]
    sim.gaps_sum += gaps_of(sim)[buffer.used]
    buffer.used += 1
    reached = sim.gaps_before + sim.gaps_sum
    sim.gaps_summed += 1
    if sim.gaps_summed == GAPS_AT_ONCE:
        sim.gaps_before, sim.gaps_sum, sim.gaps_summed = reached, 0.0, 0
    _go_to(sim, reached)


@kernel
def replan_arrival(sim: Record) -> None:
    """Set when the next request arrives, after the rates from this second on have been changed."""
    sim.second, sim.rates_before = 0, 0.0
    while sim.second < int(sim.now_s):
        sim.rates_before += rates_of(sim)[sim.second]
        sim.second += 1
    _go_to(sim, sim.gaps_before + sim.gaps_sum)
    sim.next_sent_s = sim.next_arrival_s


@kernel
def _go_to(sim: Record, reached: float) -> None:
    """Go on to where the cumulative rate is `reached`: the next arrival is there, if the load does not end before."""
    while sim.second < len(rates_of(sim)) and reached >= sim.rates_before + rates_of(sim)[sim.second]:
        sim.rates_before += rates_of(sim)[sim.second]
        sim.second += 1
    if sim.second == len(rates_of(sim)):
        sim.next_arrival_s = NEVER
    else:
        sim.next_arrival_s = sim.second + (reached - sim.rates_before) / rates_of(sim)[sim.second]


@kernel
def arrive(rules: Record, sim: Record) -> int:
    """The request that arrives now."""
    index = int(sim.free)
    request = requests_of(sim)[index]
    sim.free = request.next_free
    request.sent_s, request.arrival_s, request.deadline_s = sim.next_sent_s, sim.now_s, sim.next_sent_s + rules.slo_s
    request.index, request.accuracy, request.combination = sim.arrived, 1.0, 0
    request.outcome, request.late, request.serving, request.unanswered = IN_SYSTEM, 0, 0, rules.finals
    for stage in range(len(needs_of(rules))):
        places_of(sim)[index, stage].missing = needs_of(rules)[stage]
        places_of(sim)[index, stage].stamp = places_of(sim)[index, stage].repeats = 0
    take_spread(rules, sim, index)
    sim.arrived += 1
    sim.arrivals += 1
    _note_way(rules, sim)
    per_second_of(sim)[min(int(sim.now_s - sim.start_s), sim.seconds - 1)] += 1
    if rules.keep:
        entry = log_of(sim)[request.index]
        entry.sent_s, entry.arrival_s, entry.deadline_s = request.sent_s, request.arrival_s, request.deadline_s
        entry.outcome = IN_SYSTEM
        for stage in range(len(needs_of(rules))):
            at = log_stages_of(sim)[request.index, stage]
            at.enqueued_s = at.started_s = at.finished_s = NOWHERE
            at.size = 0
    return index


@kernel
def _note_way(rules: Record, sim: Record) -> None:
    """Take note of how long the request that arrives now, counted already, was on its way."""
    if rules.network:
        way_s = sim.now_s - sim.next_sent_s
        sim.network_min_s = way_s if sim.arrivals == 1 else min(sim.network_min_s, way_s)
        sim.network_max_s = way_s if sim.arrivals == 1 else max(sim.network_max_s, way_s)
        sim.network_sum_s += way_s


@kernel
def lacks_for_arrival(rules: Record, sim: Record) -> int:
    """The status that names what is missing before the next request can arrive."""
    if sim.free < 0:
        return NEEDS_REQUESTS
    if rules.keep and sim.arrived == len(log_of(sim)):
        return NEEDS_LOG
    return RUNNING
