"""A named task: the pipeline, its load, the limits, and the objective."""

from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from json import dumps

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective
from ipagym.task.physics import Physics
from ipagym.task.telemetry import Telemetry
from ipagym.workload.network import Network
from ipagym.workload.opening import Opening
from ipagym.workload.protocol import Workload

SHORTEST_INTERVAL_S = 0.01
"""Shortest time between two decisions: no real cluster is observed and reconfigured more than 100 times a second."""

MOST_WINDOWS = 1_000_000
"""Most adaptation intervals of an episode, as a comparison keeps all of them: eleven days at one a second."""

LONGEST_LAG = 3_600
"""Longest lag of figures in windows, as all windows in between are kept: an hour at one a second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scenario:
    """Pipeline + workload + limits + objective + physics. An episode lasts as long as its workload.

    `initial` is the configuration that is ready at time 0. `network` delays requests on their way; without one they
    arrive when they are sent. `telemetry` says how figures reach controllers.
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
            raise InputError("node_losses_per_hour needs nodes: give node_cores in the limits")

    @property
    def windows(self) -> int:
        """Whole adaptation intervals in an episode, including the warm-up."""
        return int(self.workload.duration_s / self.interval_s + 1e-9)

    def opening(self, duration_s: int | None) -> "Scenario":
        """The scenario with only the first `duration_s` seconds of its load; with None, the whole load."""
        if duration_s is None:
            return self
        return replace(self, workload=Opening(whole=self.workload, duration_s=duration_s))

    def digest(self) -> str:
        """A hash of everything that defines the task, 16 hexadecimal digits."""
        fields = asdict(self)
        # JSON has no tuples as keys; without such a table, the digest must equal that of versions without the field.
        measured = fields["pipeline"].pop("accuracy_by_combination")
        if measured:
            fields["pipeline"]["accuracy_by_combination"] = sorted(measured.items())
        return sha256(dumps(fields, sort_keys=True, default=repr).encode()).hexdigest()[:16]


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
        return StageSetting.of(variant.name, int(min(max(needed, 1), limits.max_replicas)), batch)

    return Configuration(tuple(setting(i) for i in range(len(pipeline.stages))))
