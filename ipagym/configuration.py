"""What an agent chooses, and the bounds within which it may choose."""

from dataclasses import dataclass

from ipagym.errors import InputError
from ipagym.pipeline import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class StageSetting:
    """The knobs of one stage: which variant, how many replicas, which batch size."""

    variant: str
    replicas: int
    batch: int


@dataclass(frozen=True, slots=True)
class Configuration:
    """The full assignment of knobs: one setting per stage, in pipeline order."""

    stages: tuple[StageSetting, ...]

    def __str__(self) -> str:
        return " -> ".join(f"{s.variant}×{s.replicas} b{s.batch}" for s in self.stages)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds on every configuration: replicas per stage, and the cores of each node (none: unbounded)."""

    max_replicas: int = 10
    node_cores: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.max_replicas < 1:
            raise InputError(f"max_replicas must be at least 1, not {self.max_replicas}")
        if self.node_cores is not None and (not self.node_cores or min(self.node_cores) < 1):
            raise InputError(f"node_cores must be one or more positive core counts, not {self.node_cores}")


def requested_cores(configuration: Configuration, pipeline: Pipeline) -> int:
    """Cores the configuration asks for: Σ replicas · base cores."""
    return sum(
        setting.replicas * stage.variant(setting.variant).base_cores
        for setting, stage in zip(configuration.stages, pipeline.stages, strict=True)
    )


def check(configuration: Configuration, pipeline: Pipeline, limits: Limits) -> None:
    """Refuse a configuration that the pipeline or the limits do not allow.

    Raises:
        InputError: naming the stage, the knob, its value and the rule.
    """
    if len(configuration.stages) != len(pipeline.stages):
        raise InputError(
            f"configuration has {len(configuration.stages)} stages, pipeline {pipeline.name} {len(pipeline.stages)}"
        )
    for setting, stage in zip(configuration.stages, pipeline.stages, strict=True):
        _check_stage(setting, stage, limits)


def _check_stage(setting: StageSetting, stage: Stage, limits: Limits) -> None:
    stage.variant(setting.variant)
    if not 1 <= setting.replicas <= limits.max_replicas:
        raise InputError(f"replicas of stage {stage.name} must be in 1..{limits.max_replicas}, not {setting.replicas}")
    if setting.batch not in stage.batches:
        raise InputError(f"batch of stage {stage.name} must be one of {stage.batches}, not {setting.batch}")
