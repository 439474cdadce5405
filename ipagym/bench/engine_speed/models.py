"""The serving models that every contender simulates."""

from dataclasses import dataclass

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.task.physics import Physics
from ipagym.task.scenario import Scenario
from ipagym.workload.generators import Constant

BATCH = 8
BATCH_AVERAGE_S = {size: 0.04 + 0.02 * size for size in (1, 2, 4, BATCH)}
BATCH_P99_S = {size: 1.3 * average for size, average in BATCH_AVERAGE_S.items()}
REPLICAS = {20: 1, 100: 4, 300: 11}
"""Replicas of each stage by rate in requests per second: they are busy for 66 to 76 % of the time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """Equal stages in a row under Poisson arrivals, in seconds and requests per second.

    Each stage has `replicas` that serve batches of up to `batch`; a batch goes when it is full or when its oldest
    request has waited `batch_timeout_s`. Service times are lognormal around `latency`, constant where that has no
    spread.
    """

    name: str
    rate_rps: float
    stages: int
    replicas: int
    batch: int
    batch_timeout_s: float
    latency: LatencyModel

    @property
    def is_plain_queue(self) -> bool:
        """A single stage that serves requests one by one, as queueing packages know it."""
        return self.stages == self.batch == 1

    def scenario(self, duration_s: int) -> Scenario:
        """The model as a task of `duration_s` seconds."""
        variant = Variant(name="only", accuracy=1.0, base_cores=1, load_s=0.0, latency=self.latency)
        return Scenario(
            pipeline=Pipeline(
                name=self.name,
                stages=tuple(
                    Stage(name=f"stage {i}", variants=(variant,), batches=(self.batch,)) for i in range(self.stages)
                ),
                slo_s=1.0,
                idle_watts_per_core=1.0,
                busy_watts_per_core=2.0,
            ),
            workload=Constant(rate_rps=self.rate_rps, duration_s=duration_s),
            initial=Configuration((StageSetting.of("only", self.replicas, self.batch),) * self.stages),
            limits=Limits(max_replicas=self.replicas),
            physics=Physics(batch_timeout_s=self.batch_timeout_s),
        )


def four_servers() -> Model:
    """M/D/4 at a utilisation of 0.7: Poisson arrivals, constant service times, four servers."""
    rate_rps = 100.0
    service_s = {1: 0.7 * 4 / rate_rps}
    return Model(
        name="M/D/4",
        rate_rps=rate_rps,
        stages=1,
        replicas=4,
        batch=1,
        batch_timeout_s=0.0,
        latency=LatencyModel(average_s=service_s, p99_s=service_s),
    )


def batched(stages: int, rate_rps: int) -> Model:
    """A pipeline of `stages` with batches of up to 8 and noisy service, at one of the rates in `REPLICAS`."""
    return Model(
        name=f"{stages}-stage, batch {BATCH}",
        rate_rps=rate_rps,
        stages=stages,
        replicas=REPLICAS[rate_rps],
        batch=BATCH,
        batch_timeout_s=0.05,
        latency=LatencyModel(average_s=BATCH_AVERAGE_S, p99_s=BATCH_P99_S),
    )


def all_models() -> tuple[Model, ...]:
    """Every model of the benchmark."""
    return (four_servers(), *(batched(stages, rate) for stages in (1, 2) for rate in REPLICAS))
