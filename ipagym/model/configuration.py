"""The configuration that an agent chooses, and its limits."""

from dataclasses import dataclass, replace
from typing import Any

from ipagym.model.pipeline import Pipeline, Stage, pas
from ipagym.system.errors import InputError


@dataclass(frozen=True, slots=True)
class Deployment:
    """Replicas of one variant in a stage: their number, their batch size, and the cores of each.

    `cores` None means the variant's base cores. If a stage runs several deployments, each gets requests in proportion
    to its `weight`.
    """

    variant: str
    replicas: int
    batch: int
    cores: int | None = None
    weight: float = 1.0

    def __str__(self) -> str:
        cores = "" if self.cores is None else f" c{self.cores}"
        return f"{self.variant}×{self.replicas} b{self.batch}{cores}"


@dataclass(frozen=True, slots=True)
class StageSetting:
    """The setting of one stage: its deployments, all of different variants, which share its requests."""

    deployments: tuple[Deployment, ...]

    @classmethod
    def of(
        cls, variant: str, replicas: int, batch: int, cores: int | None = None, *, weight: float = 1.0
    ) -> "StageSetting":
        """The setting of a stage that runs one deployment."""
        return cls((Deployment(variant, replicas, batch, cores, weight),))

    @property
    def first(self) -> Deployment:
        """The first deployment, or the only one."""
        return self.deployments[0]

    def turned(self, **knobs: Any) -> "StageSetting":
        """The setting with other values for knobs of the first deployment."""
        return StageSetting((replace(self.first, **knobs), *self.deployments[1:]))

    def __str__(self) -> str:
        return " + ".join(map(str, self.deployments))


@dataclass(frozen=True, slots=True)
class Configuration:
    """The settings of all knobs: one stage setting per stage, in pipeline order."""

    stages: tuple[StageSetting, ...]

    @property
    def first_deployments(self) -> tuple[Deployment, ...]:
        """The first deployment of each stage, which is often the only one."""
        return tuple(setting.first for setting in self.stages)

    def __str__(self) -> str:
        return " -> ".join(map(str, self.stages))


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds on every configuration.

    `max_replicas` bounds the replicas of each deployment, `max_deployments` the deployments of each stage. `node_cores`
    has the cores of each node (None: unbounded). `max_cores` bounds the cores that a whole configuration requests
    (None: unbounded). More cores may be held during a rollout, because new deployments start before old ones stop.
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
        """The largest useful number of requested cores: those of all nodes, or `max_cores` if that is less."""
        known = [self.max_cores, None if self.node_cores is None else sum(self.node_cores)]
        return min((cores for cores in known if cores is not None), default=None)


def cores_of(deployment: Deployment, stage: Stage) -> int:
    """Cores of one replica of this deployment."""
    return stage.variant(deployment.variant).base_cores if deployment.cores is None else deployment.cores


def requested_cores(configuration: Configuration, pipeline: Pipeline) -> int:
    """Cores that the configuration requests: Σ replicas · cores."""
    return sum(
        deployment.replicas * cores_of(deployment, stage)
        for setting, stage in zip(configuration.stages, pipeline.stages, strict=True)
        for deployment in setting.deployments
    )


def configured_accuracy(configuration: Configuration, pipeline: Pipeline) -> float:
    """PAS of the configuration, 0..1: the accuracy of a stage is the mean of its deployments by weight."""
    if pipeline.accuracy_by_combination:
        return _expected_accuracy(configuration, pipeline)
    return pas(map(_accuracy, configuration.stages, pipeline.stages))


def _expected_accuracy(configuration: Configuration, pipeline: Pipeline) -> float:
    """The mean accuracy over combinations of variants, weighted by their shares of the requests."""
    expected = 0.0
    for variants in pipeline.combinations:
        share = 1.0
        for setting, name in zip(configuration.stages, variants, strict=True):
            share *= _share(setting, name)
        expected += share * pipeline.accuracy_of(variants)
    return expected


def _share(setting: StageSetting, variant: str) -> float:
    own = weights = 0.0
    for deployment in setting.deployments:
        weights += deployment.weight
        if deployment.variant == variant:
            own += deployment.weight
    return own / weights


def _accuracy(setting: StageSetting, stage: Stage) -> float:
    total = weights = 0.0
    for deployment in setting.deployments:
        total += deployment.weight * stage.variant(deployment.variant).accuracy
        weights += deployment.weight
    return total / weights
