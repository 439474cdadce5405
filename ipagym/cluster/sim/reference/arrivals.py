"""The arrival of requests, one at a time."""

from collections.abc import Callable, Iterator

from ipagym.cluster.sim.journeys import journeys
from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.window import Recorder
from ipagym.cluster.sim.request import MOST_IN_SYSTEM, Request, too_many
from ipagym.random.streams import Streams
from ipagym.task.scenario import Scenario
from ipagym.workload.arrivals import arrival_blocks
from ipagym.workload.rates import checked_rates


class Arrivals:
    """Lets the requests of an episode arrive; `enter` takes each. `times` are as `times_of` gives them."""

    def __init__(
        self,
        scenario: Scenario,
        times: Iterator[tuple[float, float]],
        clock: Clock,
        *,
        recorder: Recorder,
        sampling: Sampling,
        enter: Callable[[Request], None],
    ) -> None:
        self._slo_s = scenario.pipeline.slo_s
        self._missing = [len(needed) for needed in scenario.pipeline.predecessors]
        self._finals = sum(not following for following in scenario.pipeline.successors)
        self._clock = clock
        self._recorder = recorder
        self._sampling = sampling
        self._enter = enter
        self._times = times

    def plan_arrival(self) -> None:
        """Set when the next request arrives and when it was sent."""
        times = next(self._times, None)
        if times is not None:
            self._clock.at(times[1], Priority.ARRIVAL, lambda: self._go_on(times[0]))

    def arrive(self, sent_s: float) -> Request:
        """The request that arrives now.

        Raises:
            InputError: there are too many in the system already.
        """
        if self._recorder.in_system == MOST_IN_SYSTEM:
            raise too_many()
        deadline_s, missing = sent_s + self._slo_s, self._missing.copy()
        index, spread = self._recorder.arrived, self._sampling.take_spread()
        request = Request(index, sent_s, self._clock.now, deadline_s, missing, self._finals, spread)
        self._recorder.arrival(request)
        return request

    def _go_on(self, sent_s: float) -> None:
        self._enter(self.arrive(sent_s))
        self.plan_arrival()


def times_of(scenario: Scenario, streams: Streams) -> Iterator[tuple[float, float]]:
    """Seconds at which each request is sent and at which it arrives, in order of arrival."""
    if scenario.network is not None:
        sent_s, arrival_s = journeys(scenario, streams)
        yield from zip(sent_s.tolist(), arrival_s.tolist(), strict=True)
        return
    rates = checked_rates(scenario.workload, streams.load)
    for block in arrival_blocks(rates, scenario.physics.arrivals, streams.arrivals):
        for time_s in block.tolist():
            yield time_s, time_s
