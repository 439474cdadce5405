"""Chance in a running cluster: by request, start, station, node or window, never in order of use.

Two agents on one seed therefore differ by what they decide only (common random numbers).
"""

from collections import Counter
from math import exp, log1p

from ipagym.cluster.sim.reference.repeats import spread_again
from ipagym.cluster.sim.reference.replica import Replica
from ipagym.cluster.sim.request import Request
from ipagym.cluster.sim.spreads import family_of
from ipagym.model.pipeline import Pipeline
from ipagym.random.distributions import parse
from ipagym.random.philox import ATTEMPT_BITS, TRIAL_BITS, Concern, uniforms
from ipagym.random.streams import Streams
from ipagym.task.physics import MEASURED, Physics


class Sampling:
    """Service times, starts and faults as the physics has them; what is switched off draws nothing."""

    def __init__(self, physics: Physics, streams: Streams, pipeline: Pipeline) -> None:
        self._physics = physics
        self._faults = physics.faults
        self._rng = streams.service
        self._key = streams.fate
        self._names = [stage.name for stage in pipeline.stages]
        names = [(stage.name, variant.name) for stage in pipeline.stages for variant in stage.variants]
        self._variants = {name: number for number, name in enumerate(names)}
        self._starts: Counter[int] = Counter()
        self._family = family_of(physics.service)
        self._service = None if physics.service in (MEASURED, "constant") else parse(physics.service)

    def take_spread(self) -> list[float]:
        """A number for each stage, for the request that arrives next: a standard normal one, or a factor of mean 1."""
        if self._service is not None:
            return [float(factor) for factor in self._service(self._rng, len(self._names))]
        measured = self._physics.service == MEASURED
        return [float(number) for number in self._rng.standard_normal(len(self._names))] if measured else []

    def spread_again(self, request: Request, stage: int) -> None:
        """The stage serves the request again: the service takes as long as chance says this time."""
        request.repeats[stage] += 1
        number = request.index | request.repeats[stage] << ATTEMPT_BITS

        def draw(trial: int) -> tuple[float, float]:
            return uniforms(self._key, Concern.REPEAT, stage, number | trial << TRIAL_BITS)

        if request.spread:
            request.spread[stage] = spread_again(*self._family, draw)

    def service_s(self, replica: Replica, batch: list[Request], stage: int) -> float:
        """The service time of a batch: the average, its spread and stragglers; its first request decides by chance."""
        first, size, latency = batch[0], len(batch), replica.variant.latency_on(replica.cores)
        service_s = latency.average(size)
        if self._physics.profile_error > 0:
            service_s = service_s * self.profile_factor(stage, replica.variant.name)
        if self._service is not None:
            service_s = service_s * first.spread[stage]
        elif self._physics.service == MEASURED:
            sigma = latency.noise_sigma(size)
            # Minus half the variance, so that the factor has mean 1.
            service_s = service_s * exp(sigma * first.spread[stage] - sigma * sigma / 2)
        if self._happens(self._faults.straggler, Concern.STRAGGLER, stage, first.index):
            service_s = service_s * self._faults.straggler_factor
        return service_s

    def profile_factor(self, stage: int, variant: str) -> float:
        """How long services of a variant take in this episode, by what its profile says."""
        number = uniforms(self._key, Concern.PROFILE, self._variants[self._names[stage], variant], 0)[0]
        return 1 + self._physics.profile_error * (2 * number - 1)

    def start_s(self, stage: str, replica: Replica) -> float:
        """Seconds of the start that begins now; its failure is drawn, too, and kept in `replica.fails`."""
        variant = self._variants[stage, replica.variant.name]
        started = self._starts[variant]
        self._starts[variant] += 1
        slow, replica.fails = uniforms(self._key, Concern.START, variant, started)
        load_s = replica.variant.load_s
        return load_s * self._faults.slow_start_factor if slow < self._faults.slow_start else load_s

    def start_fails(self, replica: Replica) -> bool:
        """Failure of the start that should be done now."""
        return replica.fails < self._faults.failed_start

    def crash_gap_s(self, station: int, strikes: int, replicas: int) -> float:
        """Seconds until the next crash comes up among so many replicas of a station, `strikes` having come before."""
        gap = uniforms(self._key, Concern.CRASH, station, strikes)[0]
        return _gap_s(self._faults.crashes_per_hour * replicas, gap)

    def victim(self, station: int, strikes: int, replicas: int) -> int:
        """The one of so many replicas that this crash strikes."""
        return int(uniforms(self._key, Concern.CRASH, station, strikes)[1] * replicas)

    def node_loss_gap_s(self, node: int, number: int) -> float:
        """Seconds that a node stays up which was lost `number` times before."""
        return _gap_s(self._faults.node_losses_per_hour, uniforms(self._key, Concern.NODE, node, number)[0])

    def scrape_is_lost(self, window: int) -> bool:
        """Loss of the figures of a window, counted from 0."""
        return self._happens(self._faults.lost_scrape, Concern.SCRAPE, 0, window)

    def _happens(self, probability: float, concern: Concern, place: int, number: int) -> bool:
        return probability > 0 and uniforms(self._key, concern, place, number)[0] < probability


def _gap_s(per_hour: float, number: float) -> float:
    return -log1p(-number) * 3600.0 / per_hour
