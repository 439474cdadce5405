"""A named task: what is served, under which load, with which freedom and to which end."""

from dataclasses import asdict, dataclass, field
from hashlib import sha256
from json import dumps
from typing import Literal

from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.errors import InputError
from ipagym.faults import Faults
from ipagym.objective import Objective
from ipagym.pipeline import Pipeline
from ipagym.telemetry import Telemetry
from ipagym.unit_mean import parse
from ipagym.workload.arrivals import parse_rule
from ipagym.workload.network import Network
from ipagym.workload.protocol import Workload

SHORTEST_INTERVAL_S = 0.01
"""Seconds between two decisions, at least: no cluster is observed and told anew more often than 100 times a second."""

MOST_WINDOWS = 1_000_000
"""Adaptation intervals of an episode, all of which a comparison keeps: eleven days at one a second."""

LONGEST_LAG = 3_600
"""Windows that figures may be on their way to the controller, all of which are kept: an hour at one a second."""

MEASURED = "measured"
"""Service times that spread as the profile was measured to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DropPolicy:
    """When a stage gives a request up instead of serving it; by default never.

    expired: its deadline has passed when it would be dequeued. hopeless: it would miss its deadline even if started
    now in the batch being formed. max_queue: the stage's queue is full when it arrives. max_age_s: it has been in the
    system that long when it would be dequeued (IPA's `drop_limit`).
    """

    expired: bool = False
    hopeless: bool = False
    max_queue: int | None = None
    max_age_s: float | None = None

    def __post_init__(self) -> None:
        if self.max_queue is not None and self.max_queue < 1:
            raise InputError(f"max_queue must be at least 1, not {self.max_queue}")
        if self.max_age_s is not None and not self.max_age_s > 0:
            raise InputError(f"max_age_s must be above 0 seconds, not {self.max_age_s}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Physics:
    """How the cluster behaves; the same for every stage and every agent.

    `arrivals` is the rule that turns rates into timestamps: poisson, uniform, or gamma:CV. `service` is how service
    times spread around the profile's average: measured (lognormal, to the profile's p99), constant, exponential,
    gamma:CV or lognormal:CV. `resize_s` is how long it takes to give running replicas other cores in place; None where
    that needs new replicas. A replica that has been idle for `keep_alive_s` sleeps, without cores, until requests
    wait that no other can take; None where replicas do not sleep.
    """

    order: Literal["fifo", "edf"] = "fifo"
    batch_timeout_s: float = 1.0
    drop: DropPolicy = field(default_factory=DropPolicy)
    service: str = "measured"
    arrivals: str = "poisson"
    resize_s: float | None = 0.1
    keep_alive_s: float | None = None
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        if self.order not in ("fifo", "edf"):
            raise InputError(f"order must be fifo or edf, not {self.order!r}")
        if not 0 <= self.batch_timeout_s < float("inf"):
            raise InputError(f"batch_timeout_s must be 0 or more, not {self.batch_timeout_s}")
        if self.resize_s is not None and not 0 <= self.resize_s < float("inf"):
            raise InputError(f"resize_s must be finite and 0 or more, or none, not {self.resize_s}")
        if self.keep_alive_s is not None and not self.batch_timeout_s <= self.keep_alive_s < float("inf"):
            raise InputError(
                f"keep_alive_s must be finite and at least the batch timeout, {self.batch_timeout_s} s, or none, "
                f"not {self.keep_alive_s}"
            )
        parse_rule(self.arrivals)
        if self.service != MEASURED:
            parse(self.service, "service distribution")


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Pipeline + workload + limits + objective + physics. An episode lasts as long as its workload.

    `initial` is the configuration found ready at time 0. `network` is what requests have to come through; without one
    they arrive as they are sent. `telemetry` is how their figures reach controllers.
    """

    pipeline: Pipeline
    workload: Workload
    initial: Configuration
    limits: Limits = field(default_factory=Limits)
    objective: Objective = field(default_factory=Objective)
    physics: Physics = field(default_factory=Physics)
    interval_s: float = 10.0
    network: Network | None = None
    telemetry: Telemetry = field(default_factory=Telemetry)

    def __post_init__(self) -> None:
        _check_interval(self.interval_s, self.workload.duration_s)
        if self.telemetry.lag_s > LONGEST_LAG * self.interval_s:
            raise InputError(
                f"lag_s must be at most {LONGEST_LAG} intervals, {LONGEST_LAG * self.interval_s:g} s, "
                f"not {self.telemetry.lag_s}"
            )
        if self.physics.faults.node_losses_per_hour and self.limits.node_cores is None:
            raise InputError("node_losses_per_hour needs nodes to lose: give node_cores in the limits")

    @property
    def windows(self) -> int:
        """Whole adaptation intervals in an episode, the warm-up included."""
        return int(self.workload.duration_s / self.interval_s + 1e-9)

    def digest(self) -> str:
        """A hash of everything that defines the task, 16 hexadecimal digits."""
        return sha256(dumps(asdict(self), sort_keys=True, default=repr).encode()).hexdigest()[:16]


def _check_interval(interval_s: float, duration_s: float) -> None:
    if not SHORTEST_INTERVAL_S <= interval_s <= duration_s / 2:
        raise InputError(
            f"interval_s must be at least {SHORTEST_INTERVAL_S:g} s and at most half of the workload's {duration_s} s, "
            f"not {interval_s}"
        )
    if duration_s > MOST_WINDOWS * interval_s:
        raise InputError(
            f"interval_s must be at least {duration_s / MOST_WINDOWS:g} s for the workload's {duration_s} s, "
            f"{MOST_WINDOWS:,} intervals, not {interval_s}"
        )


def lightest_configuration(pipeline: Pipeline, limits: Limits, rate_rps: float) -> Configuration:
    """The lightest variants at batch 1, in just enough replicas for `rate_rps` (planned with p99 latency)."""

    def setting(index: int) -> StageSetting:
        stage = pipeline.stages[index]
        variant = stage.lightest
        batch = stage.batches[0]
        needed = -(-rate_rps // variant.latency.throughput_rps(batch))
        return StageSetting(variant.name, int(min(max(needed, 1), limits.max_replicas)), batch)

    return Configuration(tuple(setting(i) for i in range(len(pipeline.stages))))
