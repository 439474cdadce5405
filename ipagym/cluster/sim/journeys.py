"""Requests behind a network: when each of an episode is sent and when it arrives, the same for every engine."""

from ipagym.random.streams import Streams
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario
from ipagym.workload.arrivals import arrival_times
from ipagym.workload.network import MOST_REQUESTS, Seconds, in_order_of_arrival
from ipagym.workload.rates import checked_rates


def journeys(scenario: Scenario, streams: Streams) -> tuple[Seconds, Seconds]:
    """Seconds at which the requests are sent and at which they arrive, in order of arrival, shapes (N,).

    Raises:
        InputError: the episode has more requests than can be put in order.
    """
    assert scenario.network is not None, "without a network requests arrive as they are sent"
    rates = checked_rates(scenario.workload, streams.load)
    if rates.sum() > MOST_REQUESTS:
        raise InputError(
            f"an episode behind a network may have {MOST_REQUESTS:,} requests, not {rates.sum():,.0f}: "
            "lower the load or leave the network out"
        )
    sent_s = arrival_times(rates, scenario.physics.arrivals, streams.arrivals)
    return in_order_of_arrival(sent_s, scenario.network.delays_s(streams.network, scenario.workload.duration_s))
