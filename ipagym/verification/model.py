"""Systems that queueing theory has formulas for, as scenarios."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import cos, pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from ipagym.verification.observed import Measure
from ipagym.workload.generators import Constant
from ipagym.workload.protocol import Workload

PLAIN: dict[str, Any] = {"batch_timeout_s": 0.0, "service": "constant"}
"""The physics of the models, but for what they say themselves: greedy batches, constant service."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Station:
    """One stage: `servers` replicas that serve k requests in `service_s[k]` seconds on average, k up to `batch`."""

    service_s: Mapping[int, float]
    servers: int = 1
    batch: int = 1
    load_s: float = 0.0


def one_by_one(mean_s: float = 1.0, *, servers: int = 1, load_s: float = 0.0) -> Station:
    """A station that serves requests singly."""
    return Station(service_s={1: mean_s}, servers=servers, load_s=load_s)


def in_batches(per_request_s: float, fixed_s: float, cap: int, *, servers: int = 1) -> Station:
    """A station that serves k requests in `fixed_s` + k · `per_request_s` seconds, `cap` at most."""
    service_s = {k: fixed_s + per_request_s * k for k in range(1, cap + 1)}
    return Station(service_s=service_s, servers=servers, batch=cap)


@dataclass(frozen=True, kw_only=True, slots=True)
class Waves:
    """A load that swings around `mean_rps` by `swing` of it, once in `period_s`, with one rate for each second."""

    mean_rps: float
    swing: float
    period_s: int
    duration_s: int
    name: str = "waves"

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        one = [1 + self.swing * cos(2 * pi * second / self.period_s) for second in range(self.period_s)]
        return np.resize(self.mean_rps * np.array(one), self.duration_s)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something to measure, and its exact value."""

    name: str
    exact: float
    measure: Measure


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Stations in a row under a load, and what is known of them.

    `load` makes a workload of so many seconds; `seconds` is how long each of the runs on the compiled engine is, for
    1 % or better. `physics` are changes to `PLAIN`.
    """

    family: str
    name: str
    load: Callable[[int], Workload]
    stations: tuple[Station, ...]
    seconds: int
    quantities: tuple[Quantity, ...]
    slo_s: float = 2.0
    physics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def requests(self) -> float:
        """The number of requests of one run, on average."""
        return float(self.load(self.seconds).rates_rps(np.random.default_rng()).sum())

    def scenario(self, seconds: int) -> Scenario:
        """The model as a task of so many seconds, every replica ready at the start."""
        return Scenario(
            pipeline=Pipeline(
                name=self.name,
                stages=tuple(_stage(f"station {i}", station) for i, station in enumerate(self.stations)),
                slo_s=self.slo_s,
                idle_watts_per_core=1.0,
                busy_watts_per_core=2.0,
            ),
            workload=self.load(seconds),
            initial=Configuration(tuple(StageSetting.of("server", s.servers, s.batch) for s in self.stations)),
            limits=Limits(max_replicas=max(station.servers for station in self.stations)),
            physics=Physics(**{**PLAIN, **self.physics}),
            interval_s=seconds / 2,
        )


def poisson(rate_rps: float) -> Callable[[int], Workload]:
    """A load of constant rate; Poisson unless the physics say otherwise."""
    return lambda seconds: Constant(rate_rps=rate_rps, duration_s=seconds)


def _stage(name: str, station: Station) -> Stage:
    latency = LatencyModel(average_s=station.service_s, p99_s=station.service_s)
    server = Variant(name="server", accuracy=1.0, base_cores=1, load_s=station.load_s, latency=latency)
    return Stage(name=name, variants=(server,), batches=(station.batch,))
