"""Rules of the simulated cluster: queue order, batching, drops, spread of service times, resizes, sleep, faults."""

from dataclasses import dataclass, field
from typing import Literal

from ipagym.random.distributions import parse
from ipagym.system.errors import InputError
from ipagym.task.faults import Faults
from ipagym.workload.arrivals import parse_rule

MEASURED = "measured"
"""Service times with the spread that was measured for the profile."""

MOST_PROFILE_ERROR = 0.9
"""Largest profile error: service times between a tenth and nearly twice those of the profile."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DropPolicy:
    """The conditions under which a stage drops a request; by default none.

    expired: its deadline has passed when it would be dequeued. hopeless: it would miss its deadline even if started now
    in the batch being formed. max_queue: the stage's queue is full when the request arrives. max_age_s: the request has
    been in the system for that long when it would be dequeued (IPA's `drop_limit`).
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
    """The rules of a cluster. They are the same for every stage and every agent.

    `arrivals` is the rule that turns rates into timestamps: poisson, uniform, or gamma:CV. `service` is the
    distribution of service times around the profile's average: measured (lognormal, with the profile's p99), constant,
    exponential, gamma:CV or lognormal:CV. `resize_s` is the time it takes to change the cores of running replicas in
    place; with None, new replicas are needed. A replica that has been idle for `keep_alive_s` sleeps without cores
    until requests wait that no other replica can take; with None, replicas do not sleep. With a `profile_error` of e,
    service times of a variant are 1 − e to 1 + e times those of its profile. The seed of the episode determines the
    factor; controllers do not see it.
    """

    order: Literal["fifo", "edf"] = "fifo"
    batch_timeout_s: float = 1.0
    drop: DropPolicy = field(default_factory=DropPolicy)
    service: str = "measured"
    arrivals: str = "poisson"
    resize_s: float | None = 0.1
    keep_alive_s: float | None = None
    profile_error: float = 0.0
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
        if not 0 <= self.profile_error <= MOST_PROFILE_ERROR:
            raise InputError(f"profile_error must be in 0..{MOST_PROFILE_ERROR:g}, not {self.profile_error}")
        parse_rule(self.arrivals)
        if self.service != MEASURED:
            parse(self.service, "service distribution")
