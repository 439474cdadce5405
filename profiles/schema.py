"""The form of a profile file, checked field by field."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Batch = Annotated[int, Field(ge=1, le=1024)]
Seconds = Annotated[float, Field(gt=0, le=1e6)]
Latencies = Annotated[dict[Batch, Seconds], Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Watts = Annotated[float, Field(ge=0, le=1e4)]
Weight = Annotated[float, Field(ge=0, le=1e9)]


class Strict(BaseModel):
    """Refuses unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class VariantFile(Strict):
    """A variant as written: accuracy in (0, 1], cores, and seconds per batch for each measured batch size."""

    name: Name
    accuracy: Annotated[float, Field(gt=0, le=1)]
    base_cores: Annotated[int, Field(ge=1, le=4096)]
    load_s: Annotated[float, Field(ge=0, le=1e6)]
    average_s: Latencies
    p99_s: Latencies

    @model_validator(mode="after")
    def _latencies_agree(self) -> Self:
        if 1 not in self.average_s:
            raise ValueError("average_s lacks batch 1: every profile needs it")
        if set(self.average_s) != set(self.p99_s):
            raise ValueError("average_s and p99_s must have the same batches")
        for batch, average in self.average_s.items():
            if average > self.p99_s[batch]:
                raise ValueError(f"average_s {average} exceeds p99_s {self.p99_s[batch]} at batch {batch}")
        return self


class StageFile(Strict):
    """A stage as written."""

    name: Name
    batches: Annotated[list[Batch], Field(min_length=1)]
    variants: Annotated[list[VariantFile], Field(min_length=1, max_length=1000)]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [variant.name for variant in self.variants]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"variant names must differ: {', '.join(sorted(twice))} stands twice")
        return self


MAX_VARIANTS = 1000
"""Of all stages together."""


class ObjectiveFile(Strict):
    """Weights of the objective: accuracy, cores and batch."""

    alpha: Weight
    beta: Weight
    delta: Weight


class ProfileFile(Strict):
    """A profile as written."""

    name: Name
    description: Name
    slo_s: Seconds
    batch_timeout_s: Annotated[float, Field(ge=0, le=1e6)]
    max_age_s: Seconds | None = None
    objective: ObjectiveFile
    idle_watts_per_core: Watts
    busy_watts_per_core: Watts
    stages: Annotated[list[StageFile], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _variants_are_few(self) -> Self:
        if (number := sum(len(stage.variants) for stage in self.stages)) > MAX_VARIANTS:
            raise ValueError(f"{number} variants in all: there may be {MAX_VARIANTS}")
        return self
