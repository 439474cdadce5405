"""The next arrival, one at a time; the times are those of `ipagym.workload.arrivals`."""

from ipagym.cluster.sim.compiled.access import (
    gaps_of,
    journeys_of,
    log_of,
    log_stages_of,
    needs_of,
    per_second_of,
    places_of,
    rates_of,
    requests_of,
    supplies_of,
)
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import GAPS, IN_SYSTEM, NEEDS_LOG, NEEDS_REQUESTS, RUNNING, Record
from ipagym.cluster.sim.compiled.sampling import take_spread
from ipagym.workload.arrivals import GAPS_AT_ONCE

NEVER = float("inf")
NOWHERE = float("nan")


@kernel
def plan_arrival(t: Record, s: Record) -> None:
    """Set when the next request arrives and when it was sent."""
    if not t.network:
        _plan_by_rate(s)
        s.next_sent_s = s.next_arrival_s
    elif s.arrived == len(journeys_of(s)):
        s.next_arrival_s = NEVER
    else:
        journey = journeys_of(s)[s.arrived]
        s.next_sent_s, s.next_arrival_s = journey.sent_s, journey.arrival_s


@kernel
def _plan_by_rate(s: Record) -> None:
    """Set the time of the next arrival: the place where the cumulative rate reaches the sum of the gaps.

    Gaps come in chunks; their sum is taken within the chunk and then added to that of the chunks before, so that the
    rounding is that of the vectorised form.
    """
    supply = supplies_of(s)[GAPS]
    s.gaps_sum += gaps_of(s)[supply.used]
    supply.used += 1
    reached = s.gaps_before + s.gaps_sum
    s.gaps_summed += 1
    if s.gaps_summed == GAPS_AT_ONCE:
        s.gaps_before, s.gaps_sum, s.gaps_summed = reached, 0.0, 0
    _go_to(s, reached)


@kernel
def replan_arrival(s: Record) -> None:
    """Set when the next request arrives, after the rates from this second on have been changed."""
    s.second, s.rates_before = 0, 0.0
    while s.second < int(s.now_s):
        s.rates_before += rates_of(s)[s.second]
        s.second += 1
    _go_to(s, s.gaps_before + s.gaps_sum)
    s.next_sent_s = s.next_arrival_s


@kernel
def _go_to(s: Record, reached: float) -> None:
    """Go on to where the cumulative rate is `reached`: the next arrival is there, if the load does not end before."""
    while s.second < len(rates_of(s)) and reached >= s.rates_before + rates_of(s)[s.second]:
        s.rates_before += rates_of(s)[s.second]
        s.second += 1
    if s.second == len(rates_of(s)):
        s.next_arrival_s = NEVER
    else:
        s.next_arrival_s = s.second + (reached - s.rates_before) / rates_of(s)[s.second]


@kernel
def arrive(t: Record, s: Record) -> int:
    """The request that arrives now."""
    index = int(s.free)
    request = requests_of(s)[index]
    s.free = request.next_free
    request.sent_s, request.arrival_s, request.deadline_s = s.next_sent_s, s.now_s, s.next_sent_s + t.slo_s
    request.index, request.accuracy = s.arrived, 1.0
    request.outcome, request.late, request.serving, request.unanswered = IN_SYSTEM, 0, 0, t.finals
    for stage in range(len(needs_of(t))):
        places_of(s)[index, stage].missing = needs_of(t)[stage]
        places_of(s)[index, stage].stamp = places_of(s)[index, stage].repeats = 0
    take_spread(t, s, index)
    s.arrived += 1
    s.arrivals += 1
    _note_way(t, s)
    per_second_of(s)[min(int(s.now_s - s.start_s), s.seconds - 1)] += 1
    if t.keep:
        entry = log_of(s)[request.index]
        entry.sent_s, entry.arrival_s, entry.deadline_s = request.sent_s, request.arrival_s, request.deadline_s
        entry.outcome = IN_SYSTEM
        for stage in range(len(needs_of(t))):
            at = log_stages_of(s)[request.index, stage]
            at.enqueued_s = at.started_s = at.finished_s = NOWHERE
            at.size = 0
    return index


@kernel
def _note_way(t: Record, s: Record) -> None:
    """Take note of how long the request that arrives now, counted already, was on its way."""
    if t.network:
        way_s = s.now_s - s.next_sent_s
        s.network_min_s = way_s if s.arrivals == 1 else min(s.network_min_s, way_s)
        s.network_max_s = way_s if s.arrivals == 1 else max(s.network_max_s, way_s)
        s.network_sum_s += way_s


@kernel
def lacks_for_arrival(t: Record, s: Record) -> int:
    """What is missing before the next request can arrive."""
    if s.free < 0:
        return NEEDS_REQUESTS
    if t.keep and s.arrived == len(log_of(s)):
        return NEEDS_LOG
    return RUNNING
