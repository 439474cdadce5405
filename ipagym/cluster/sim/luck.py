"""What chance decides in a running cluster; each concern draws from a stream of its own."""

from math import exp, log1p

import numpy as np

from ipagym.latency import LatencyModel
from ipagym.scenario import MEASURED, Physics
from ipagym.streams import Streams
from ipagym.unit_mean import parse


class Luck:
    """Draws service times, starts and faults as the physics has them; what is switched off draws nothing."""

    def __init__(self, physics: Physics, streams: Streams) -> None:
        self._physics = physics
        self._faults = physics.faults
        self._streams = streams
        self._service = None if physics.service in (MEASURED, "constant") else parse(physics.service)

    def service_s(self, latency: LatencyModel, size: int) -> float:
        """The service time of a batch of `size`: the average, its spread and stragglers applied."""
        service_s = latency.average(size)
        if self._service is not None:
            service_s = service_s * float(self._service(self._streams.service, 1)[0])
        elif self._physics.service == MEASURED:
            sigma = latency.noise_sigma(size)
            service_s = service_s * exp(sigma * self._streams.service.standard_normal() - sigma * sigma / 2)
        if _happens(self._faults.straggler, self._streams.stragglers):
            service_s = service_s * self._faults.straggler_factor
        return service_s

    def start_s(self, load_s: float) -> float:
        """How long a start takes whose model loads in `load_s`."""
        slow = _happens(self._faults.slow_start, self._streams.starts)
        return load_s * self._faults.slow_start_factor if slow else load_s

    def start_fails(self) -> bool:
        """Whether a start that should be done has failed."""
        return _happens(self._faults.failed_start, self._streams.starts)

    def crash_gap_s(self, replicas: int) -> float:
        """Until the next crash among `replicas` of them."""
        return _gap_s(self._faults.crashes_per_hour * replicas, self._streams.crashes)

    def victim(self, replicas: int) -> int:
        """Which of `replicas` crashes."""
        return int(self._streams.crashes.random() * replicas)

    def node_loss_gap_s(self) -> float:
        """How long a node stays up."""
        return _gap_s(self._faults.node_losses_per_hour, self._streams.nodes)

    def scrape_is_lost(self) -> bool:
        """Whether the figures of a window get lost."""
        return _happens(self._faults.lost_scrape, self._streams.scrapes)


def _happens(probability: float, rng: np.random.Generator) -> bool:
    return probability > 0 and rng.random() < probability


def _gap_s(per_hour: float, rng: np.random.Generator) -> float:
    return -log1p(-rng.random()) * 3600.0 / per_hour
