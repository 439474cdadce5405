"""What an agent chooses, and the bounds within which it may choose."""

from dataclasses import dataclass

from ipagym.model.pipeline import Pipeline, Stage, pas
from ipagym.system.errors import InputError


@dataclass(frozen=True, slots=True)
class StageSetting:
    """The knobs of one stage: which variant, how many replicas, which batch size, how many cores for each replica.

    `cores` None stands for the variant's base cores. `beside` holds further deployments, of other variants, that share
    the stage's requests in proportion to their weights; they must not have any beside themselves.
    """

    variant: str
    replicas: int
    batch: int
    cores: int | None = None
    weight: float = 1.0
    beside: tuple["StageSetting", ...] = ()

    @property
    def deployments(self) -> tuple["StageSetting", ...]:
        """The deployment itself and those beside it."""
        return (self, *self.beside)

    def __str__(self) -> str:
        cores = "" if self.cores is None else f" c{self.cores}"
        return " + ".join([f"{self.variant}×{self.replicas} b{self.batch}{cores}", *map(str, self.beside)])


@dataclass(frozen=True, slots=True)
class Configuration:
    """The full assignment of knobs: one setting per stage, in pipeline order."""

    stages: tuple[StageSetting, ...]

    def __str__(self) -> str:
        return " -> ".join(map(str, self.stages))


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds on every configuration.

    `max_replicas` bounds each deployment, `max_deployments` how many a stage runs side by side; `node_cores` are the
    cores of each node (None: unbounded). `max_cores` bounds the cores that a configuration asks for in all (None: it
    does not); for a while more may be held, as deployments are made before others go.
    """

    max_replicas: int = 10
    node_cores: tuple[int, ...] | None = None
    max_deployments: int = 1
    max_cores: int | None = None

    def __post_init__(self) -> None:
        if self.max_cores is not None and self.max_cores < 1:
            raise InputError(f"max_cores must be at least 1, or none, not {self.max_cores}")
        if self.max_deployments < 1:
            raise InputError(f"max_deployments must be at least 1, not {self.max_deployments}")
        if self.max_replicas < 1:
            raise InputError(f"max_replicas must be at least 1, not {self.max_replicas}")
        if self.node_cores is not None and (not self.node_cores or min(self.node_cores) < 1):
            raise InputError(f"node_cores must be one or more positive core counts, not {self.node_cores}")

    @property
    def total_cores(self) -> int | None:
        """The most cores that make sense to ask for: those of all nodes, or `max_cores` where that is less."""
        known = [self.max_cores, None if self.node_cores is None else sum(self.node_cores)]
        return min((cores for cores in known if cores is not None), default=None)


def cores_of(setting: StageSetting, stage: Stage) -> int:
    """Cores of one replica of this deployment."""
    return stage.variant(setting.variant).base_cores if setting.cores is None else setting.cores


def requested_cores(configuration: Configuration, pipeline: Pipeline) -> int:
    """Cores the configuration asks for: Σ replicas · cores."""
    return sum(
        deployment.replicas * cores_of(deployment, stage)
        for setting, stage in zip(configuration.stages, pipeline.stages, strict=True)
        for deployment in setting.deployments
    )


def configured_accuracy(configuration: Configuration, pipeline: Pipeline) -> float:
    """PAS that the configuration stands for, 0..1: a stage counts with the mean of its deployments by weight."""
    return pas(map(_accuracy, configuration.stages, pipeline.stages))


def _accuracy(setting: StageSetting, stage: Stage) -> float:
    total = weights = 0.0
    for deployment in setting.deployments:
        total += deployment.weight * stage.variant(deployment.variant).accuracy
        weights += deployment.weight
    return total / weights
