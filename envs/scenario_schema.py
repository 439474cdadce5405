"""The form of a scenario file, checked field by field."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, GetPydanticSchema, Tag
from pydantic_core.core_schema import literal_schema

from ipagym.model.knobs import BATCH, KNOBS, REPLICAS, VARIANT
from ipagym.profiles.schema import Batch, Cores, Name, Seconds, Strict, Weight

KnobName = Annotated[str, GetPydanticSchema(lambda source, handler: literal_schema([knob.name for knob in KNOBS]))]


def usual_knobs() -> list[str]:
    """The knobs of IPA."""
    return [VARIANT.name, REPLICAS.name, BATCH.name]


Count = Annotated[int, Field(ge=1, le=10_000)]
Probability = Annotated[float, Field(ge=0, lt=1)]
PerHour = Annotated[float, Field(ge=0, le=1e6)]
Factor = Annotated[float, Field(ge=1, le=1e6)]
Path_ = Annotated[str, Field(min_length=1, max_length=1000)]
NotNegative = Annotated[float, Field(ge=0, le=1e6)]


class LimitsFile(Strict):
    """Bounds on every configuration, as in `ipagym.model.configuration.Limits`."""

    max_replicas: Annotated[int, Field(ge=1, le=1000)] = 10
    """Maximum number of replicas of a deployment."""
    node_cores: Annotated[list[Count], Field(min_length=1, max_length=1000)] | None = None
    """The cores of each node; null for unlimited cores."""
    max_deployments: Annotated[int, Field(ge=1, le=20)] = 1
    """Maximum number of variants that a stage runs side by side."""
    max_cores: Count | None = None
    """Maximum number of cores that a configuration may request in total."""


class DropFile(Strict):
    """The rules by which requests are dropped, as in `ipagym.task.physics.DropPolicy`."""

    expired: bool = False
    """Drop a request whose deadline has passed when it leaves the queue."""
    hopeless: bool = False
    """Drop a request that would miss its deadline even if it were served now."""
    max_queue: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """Length of a stage's queue at which further requests are dropped."""
    max_age_s: Seconds | None = None
    """Drop a request that has been in the system for this time when it leaves a queue."""


class PhysicsFile(Strict):
    """The behaviour of the cluster, as in `ipagym.task.physics.Physics`; null for the profile's value."""

    order: Literal["fifo", "edf"] = "fifo"
    """The order of a queue: first in first out, or earliest deadline first."""
    batch_timeout_s: NotNegative | None = None
    """Maximum time that a request waits for its batch to fill."""
    drop: DropFile | None = None
    """When requests are dropped."""
    service: Name = "measured"
    """Spread of service times: `measured`, `constant`, `exponential`, `gamma:CV` or `lognormal:CV`."""
    arrivals: Name = "poisson"
    """How rates become timestamps: `poisson`, `uniform` or `gamma:CV`."""
    resize_s: NotNegative | None = 0.1
    """The time that a change of cores in place takes; null if it needs new replicas."""
    keep_alive_s: NotNegative | None = None
    """The idle time after which a replica sleeps; null for no sleep."""
    profile_error: Probability = 0.0
    """With e, service times of a variant are 1 − e to 1 + e times those of its profile; at most 0.9."""


class FaultsFile(Strict):
    """Faults and how often they happen, as in `ipagym.task.faults.Faults`."""

    crashes_per_hour: PerHour = 0.0
    """Crashes per hour of each ready replica; at most 7,200."""
    slow_start: Probability = 0.0
    """Probability that a start is slow."""
    slow_start_factor: Factor = 3.0
    """Duration of a slow start as a multiple of a normal one."""
    failed_start: Probability = 0.0
    """Probability that a start fails and begins again; at most 0.99."""
    straggler: Probability = 0.0
    """Probability that a batch is slow."""
    straggler_factor: Factor = 5.0
    """Service time of a slow batch as a multiple of a normal one."""
    node_losses_per_hour: PerHour = 0.0
    """Losses per hour of each node; at most 7,200."""
    node_repair_s: NotNegative = 60.0
    """The time until a lost node returns."""
    lost_scrape: Probability = 0.0
    """Probability that the figures of a window do not reach the controller."""


def _form_of_faults(value: object) -> str:
    return "<name>" if isinstance(value, str) else "<mixture>"


class ObjectiveFile(Strict):
    """Weights of the objective, as in `ipagym.task.objective.Objective`; the default is the profile's weight."""

    alpha: Weight | None = None
    """Weight of accuracy (PAS, 0 to 1)."""
    beta: Weight | None = None
    """Weight of each core held."""
    delta: Weight | None = None
    """Weight of the sum of batch sizes."""
    violation: Weight | None = None
    """Weight of the share of requests that are late or dropped."""
    switching: Weight | None = None
    """Weight of each knob that changes."""
    energy: Weight | None = None
    """Weight of each kilojoule of energy."""
    gamma: Weight | None = None
    """Weight of each second of model loading."""


class NetworkFile(Strict):
    """The network before the cluster: its name (`ipagym.workload.network`) and the size of requests."""

    name: Path_ = "4g"
    """`4g`, or `trace:PATH` with the bandwidth of each second in MB/s."""
    payload_kib: Annotated[float, Field(ge=0, le=1e9)] | None = None
    """Size of a request."""


class TelemetryFile(Strict):
    """How figures reach controllers, as in `ipagym.task.telemetry.Telemetry`."""

    scrape_s: Seconds | None = None
    """Time between two scrapes; null for every window."""
    lag_s: NotNegative = 0.0
    """Time until controllers receive a scrape."""
    load_error: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """With e, controllers see 1 − e to 1 + e times the requests that arrive."""


class SettingFile(Strict):
    """The deployment that a stage starts with."""

    variant: Name
    """Name of the variant."""
    replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of replicas."""
    batch: Batch = 1
    """Batch size."""
    cores: Cores | None = None
    """Cores of a replica; null for the base cores of the variant."""


class LoadFile(Strict):
    """A named load of a scenario: its workload, and its weights of the objective."""

    workload: Path_ | None = None
    """The workload of this name; null if the name is that of a workload."""
    objective: ObjectiveFile = ObjectiveFile()
    """Weights under this load."""


class ScenarioFile(Strict):
    """The content of a scenario file. Paths of profiles and traces start at the file's folder.

    `workload` is the default load; `loads` gives loads names and their own weights. A knob that is not among `knobs`
    has one value: the lightest variant, one replica, the smallest batch, the base cores.
    """

    pipeline: Path_
    """A profile, by name or by path."""
    description: Name = "a scenario of your own"
    """One-sentence description for `ipagym list`."""
    workload: Path_ = "bursty"
    """The default load: a name or a path."""
    loads: Annotated[dict[Path_, LoadFile], Field(max_length=100)] = Field(default_factory=dict)
    """Named loads of the scenario."""
    slo_s: Seconds | None = None
    """The end-to-end SLO; null for the profile's."""
    interval_s: Seconds = 10.0
    """The adaptation interval."""
    knobs: Annotated[list[KnobName], Field(min_length=1, max_length=len(KNOBS))] = Field(default_factory=usual_knobs)
    """The knobs that are open; the others have one value."""
    max_batch: Batch | None = None
    """The largest batch size; null for the profile's."""
    initial: Annotated[list[SettingFile], Field(min_length=1, max_length=100)] | None = None
    """The initial deployment of each stage, in the order of the stages."""
    limits: LimitsFile = LimitsFile()
    """Bounds of every configuration."""
    physics: PhysicsFile = PhysicsFile()
    """Rules of the simulated cluster."""
    network: NetworkFile | None = None
    """The network before the cluster; null for none."""
    telemetry: TelemetryFile = TelemetryFile()
    """How figures reach controllers."""
    faults: Annotated[
        Annotated[Name, Tag("<name>")] | Annotated[FaultsFile, Tag("<mixture>")], Discriminator(_form_of_faults)
    ] = "none"
    """A mixture by name (`none`, `usual`, `harsh`), or rates and probabilities."""
    objective: ObjectiveFile = ObjectiveFile()
    """Weights of the reward; the default is the profile's weights."""
