"""The form of a scenario file, checked field by field."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, GetPydanticSchema, Tag
from pydantic_core.core_schema import literal_schema

from ipagym.model.knobs import BATCH, KNOBS, REPLICAS, VARIANT
from ipagym.profiles.schema import Batch, Cores, Name, Seconds, Strict, Weight

KnobName = Annotated[str, GetPydanticSchema(lambda source, handler: literal_schema([knob.name for knob in KNOBS]))]


def usual_knobs() -> list[str]:
    """Those of IPA."""
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
    node_cores: Annotated[list[Count], Field(min_length=1, max_length=1000)] | None = None
    max_deployments: Annotated[int, Field(ge=1, le=20)] = 1
    max_cores: Count | None = None


class DropFile(Strict):
    """The rules by which requests are given up, as in `ipagym.task.physics.DropPolicy`."""

    expired: bool = False
    hopeless: bool = False
    max_queue: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    max_age_s: Seconds | None = None


class PhysicsFile(Strict):
    """The behaviour of the cluster, as in `ipagym.task.physics.Physics`; the profile's where a field is left out."""

    order: Literal["fifo", "edf"] = "fifo"
    batch_timeout_s: NotNegative | None = None
    drop: DropFile | None = None
    service: Name = "measured"
    arrivals: Name = "poisson"
    resize_s: NotNegative | None = 0.1
    keep_alive_s: NotNegative | None = None
    profile_error: Probability = 0.0


class FaultsFile(Strict):
    """Faults and how often they happen, as in `ipagym.task.faults.Faults`."""

    crashes_per_hour: PerHour = 0.0
    slow_start: Probability = 0.0
    slow_start_factor: Factor = 3.0
    failed_start: Probability = 0.0
    straggler: Probability = 0.0
    straggler_factor: Factor = 5.0
    node_losses_per_hour: PerHour = 0.0
    node_repair_s: NotNegative = 60.0
    lost_scrape: Probability = 0.0


def _form_of_faults(value: object) -> str:
    return "<name>" if isinstance(value, str) else "<mixture>"


class ObjectiveFile(Strict):
    """Weights of the objective, as in `ipagym.task.objective.Objective`; what is left out is the profile's."""

    alpha: Weight | None = None
    beta: Weight | None = None
    delta: Weight | None = None
    violation: Weight | None = None
    switching: Weight | None = None
    energy: Weight | None = None
    gamma: Weight | None = None


class NetworkFile(Strict):
    """The network before the cluster: its name (`ipagym.workload.network`) and the size of requests."""

    name: Path_ = "4g"
    payload_kib: Annotated[float, Field(ge=0, le=1e9)] | None = None


class TelemetryFile(Strict):
    """The way of figures to controllers, as in `ipagym.task.telemetry.Telemetry`."""

    scrape_s: Seconds | None = None
    lag_s: NotNegative = 0.0
    load_error: Annotated[float, Field(ge=0, le=0.5)] = 0.0


class SettingFile(Strict):
    """The deployment that a stage starts with."""

    variant: Name
    replicas: Annotated[int, Field(ge=1, le=1000)] = 1
    batch: Batch = 1
    cores: Cores | None = None


class LoadFile(Strict):
    """A load that a scenario is known for: the workload, by its own name if it has another, and weights of its own."""

    workload: Path_ | None = None
    objective: ObjectiveFile = ObjectiveFile()


class ScenarioFile(Strict):
    """A scenario as written. Paths, of a profile or of traces, count from the scenario's folder.

    `workload` is used where none is asked for; `loads` gives loads other names and weights of their own. A knob that is
    not among `knobs` stays at one value: the lightest variant, one replica, the smallest batch, the base cores.
    """

    pipeline: Path_
    description: Name = "a scenario of your own"
    workload: Path_ = "bursty"
    loads: Annotated[dict[Path_, LoadFile], Field(max_length=100)] = Field(default_factory=dict)
    slo_s: Seconds | None = None
    interval_s: Seconds = 10.0
    knobs: Annotated[list[KnobName], Field(min_length=1, max_length=len(KNOBS))] = Field(default_factory=usual_knobs)
    max_batch: Batch | None = None
    initial: Annotated[list[SettingFile], Field(min_length=1, max_length=100)] | None = None
    limits: LimitsFile = LimitsFile()
    physics: PhysicsFile = PhysicsFile()
    network: NetworkFile | None = None
    telemetry: TelemetryFile = TelemetryFile()
    faults: Annotated[
        Annotated[Name, Tag("<name>")] | Annotated[FaultsFile, Tag("<mixture>")], Discriminator(_form_of_faults)
    ] = "none"
    objective: ObjectiveFile = ObjectiveFile()
