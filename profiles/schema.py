"""The form of a profile file, checked field by field."""

from collections.abc import Mapping
from itertools import product
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Batch = Annotated[int, Field(ge=1, le=1024)]
Seconds = Annotated[float, Field(gt=0, le=1e6)]
Latencies = Annotated[dict[Batch, Seconds], Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Cores = Annotated[int, Field(ge=1, le=4096)]
Rate = Annotated[float, Field(gt=0, le=1e9)]
Throughputs = dict[Batch, Rate]
Milliseconds = Annotated[float, Field(ge=-1e9, le=1e9)]
Watts = Annotated[float, Field(ge=0, le=1e4)]
Mebibytes = Annotated[float, Field(gt=0, le=1e9)]
Weight = Annotated[float, Field(ge=0, le=1e9)]


class Strict(BaseModel):
    """Refuses unknown keys and values of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class MeasuredFile(Strict):
    """Seconds per batch for each measured batch size, and the maximum of requests per second if it was measured."""

    average_s: Latencies
    """Mean service time of a batch, by batch size; size 1 is required."""
    p99_s: Latencies
    """99th percentile of the service time, for the same batch sizes."""
    throughput_rps: Throughputs = Field(default_factory=dict)
    """Measured maximum of requests per second, by batch size."""

    @model_validator(mode="after")
    def _latencies_agree(self) -> Self:
        _check_latencies(self.average_s, self.p99_s)
        return self


def _check_latencies(average_s: Mapping[int, float], p99_s: Mapping[int, float]) -> None:
    if 1 not in average_s:
        raise ValueError("average_s lacks batch 1: every profile needs it")
    if set(average_s) != set(p99_s):
        raise ValueError("average_s and p99_s must have the same batches")
    for batch, average in average_s.items():
        if average > p99_s[batch]:
            raise ValueError(f"average_s {average} exceeds p99_s {p99_s[batch]} at batch {batch}")


class LawFile(Strict):
    """Sponge's latency law: p99 = gamma·b/c + delta·b + epsilon/c + eta in milliseconds on 1 to `max_cores` cores.

    The mean service time is `average_share` times p99.
    """

    gamma_ms: Milliseconds
    """Coefficient of batch size divided by cores."""
    delta_ms: Milliseconds
    """Coefficient of the batch size."""
    epsilon_ms: Milliseconds
    """Coefficient of 1 divided by cores."""
    eta_ms: Milliseconds
    """Constant part."""
    average_share: Annotated[float, Field(gt=0, le=1)]
    """Mean service time as a share of the 99th percentile."""
    max_cores: Annotated[int, Field(ge=1, le=256)]
    """The largest number of cores for which the law holds."""
    max_batch: Annotated[int, Field(ge=1, le=256)]
    """The largest batch size for which the law holds."""

    def p99_s(self, batch: int, cores: int) -> float:
        """99th percentile of the service time of a batch on that number of cores, in seconds."""
        return (self.gamma_ms * batch / cores + self.delta_ms * batch + self.epsilon_ms / cores + self.eta_ms) / 1000

    @model_validator(mode="after")
    def _is_positive(self) -> Self:
        corners = [(b, c) for b in (1, self.max_batch) for c in (1, self.max_cores)]
        if any(self.p99_s(b, c) <= 0 for b, c in corners):
            raise ValueError("the latency law must be above 0 for every batch and number of cores")
        return self


class VariantFile(Strict):
    """A variant in a profile file: accuracy in (0, 1], cores, and its latency in one of three forms.

    Measured: seconds per batch on the base cores, and `on_cores` for other numbers of cores. `capacity_rps`: requests
    per second by cores, served one after another. `law`: a formula in batch and cores. `memory_mib` is the memory that
    a replica uses, `memory_request_mib` the memory it requests; only autoscalers by memory need them.
    """

    name: Name
    """Name of the variant, unique in its stage."""
    accuracy: Annotated[float, Field(gt=0, le=1)]
    """Accuracy of the variant as a share of 1."""
    base_cores: Cores
    """Default cores of a replica."""
    load_s: Annotated[float, Field(ge=0, le=1e6)]
    """Time to load the model."""
    average_s: Latencies | None = None
    """Mean service time of a batch on the base cores, by batch size; size 1 is required."""
    p99_s: Latencies | None = None
    """99th percentile of the service time, for the same batch sizes."""
    throughput_rps: Throughputs = Field(default_factory=dict)
    """Measured maximum of requests per second, by batch size."""
    on_cores: Annotated[dict[Cores, MeasuredFile], Field(max_length=256)] = Field(default_factory=dict)
    """Measurements on other numbers of cores."""
    capacity_rps: Annotated[dict[Cores, Rate], Field(min_length=1, max_length=256)] | None = None
    """Requests per second by cores, if served one after another."""
    law: LawFile | None = None
    """Latency as a formula in batch size and cores."""
    memory_mib: Mebibytes | None = None
    """Memory that a replica uses."""
    memory_request_mib: Mebibytes | None = None
    """Memory that a replica requests."""

    @model_validator(mode="after")
    def _memory_is_known(self) -> Self:
        if self.memory_request_mib is not None and self.memory_mib is None:
            raise ValueError("memory_request_mib needs memory_mib, the memory that a replica uses: give both")
        return self

    @model_validator(mode="after")
    def _has_one_form(self) -> Self:
        forms = [
            self.average_s is not None or self.p99_s is not None,
            self.capacity_rps is not None,
            self.law is not None,
        ]
        if sum(forms) != 1:
            raise ValueError("latency must be given as average_s and p99_s, or as capacity_rps, or as a law")
        if forms[0]:
            if self.average_s is None or self.p99_s is None:
                raise ValueError(f"{'average_s' if self.average_s is None else 'p99_s'} is missing: give both of them")
            _check_latencies(self.average_s, self.p99_s)
        elif self.on_cores or self.throughput_rps:
            raise ValueError("on_cores and throughput_rps go with measured latencies only")
        if self.base_cores in self.on_cores:
            raise ValueError(f"on_cores repeats the base cores, {self.base_cores}")
        if self.capacity_rps is not None and self.base_cores not in self.capacity_rps:
            raise ValueError(f"capacity_rps lacks the base cores, {self.base_cores}")
        return self


class StageFile(Strict):
    """A stage in a profile file; `after` names the stages whose results it needs, by default the stage before it."""

    name: Name
    """Name of the stage."""
    after: Annotated[list[Name], Field(max_length=100)] | None = None
    """The stages whose results it needs; null for the stage before it."""
    batches: Annotated[list[Batch], Field(min_length=1)]
    """Batch sizes to choose from."""
    variants: Annotated[list[VariantFile], Field(min_length=1, max_length=1000)]
    """Models that can do the task."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [variant.name for variant in self.variants]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"variant names must differ: {', '.join(sorted(twice))} appears twice")
        return self


MAX_VARIANTS = 1000
"""Maximum number of variants of all stages together."""


class CombinationFile(Strict):
    """The end-to-end accuracy of a combination of variants, one of each stage in order."""

    variants: Annotated[list[Name], Field(min_length=1, max_length=100)]
    """One variant of each stage, in order."""
    accuracy: Annotated[float, Field(ge=0, le=1)]
    """Accuracy of their answers."""


class ObjectiveFile(Strict):
    """Weights of the objective: accuracy, cores, batch, and load time."""

    alpha: Weight
    """Weight of accuracy (PAS, 0 to 1)."""
    beta: Weight
    """Weight of each core held."""
    delta: Weight
    """Weight of the sum of batch sizes."""
    gamma: Weight = 0.0
    """Weight of each second of model loading."""


class ProfileFile(Strict):
    """The content of a profile file."""

    name: Name
    """Name of the pipeline."""
    description: Name
    """One-sentence description."""
    slo_s: Seconds
    """The end-to-end SLO."""
    tight_slo_s: Seconds | None = None
    """The SLO of `slo="tight"`; null for none."""
    batch_timeout_s: Annotated[float, Field(ge=0, le=1e6)]
    """Maximum time that a request waits for its batch to fill."""
    max_age_s: Seconds | None = None
    """Time in the system after which a request is dropped; null for never."""
    objective: ObjectiveFile
    """Weights of the objective."""
    idle_watts_per_core: Watts
    """Power of a core that is held and idle."""
    busy_watts_per_core: Watts
    """Power of a core at work."""
    stages: Annotated[list[StageFile], Field(min_length=1, max_length=100)]
    """Stages in order."""
    accuracy_by_combination: Annotated[list[CombinationFile], Field(max_length=10_000)] = Field(default_factory=list)
    """Accuracy of each combination of variants, if it is not the product of the stages' accuracies."""

    @model_validator(mode="after")
    def _combinations_are_whole(self) -> Self:
        """If accuracy is given by combination of variants, each combination must occur exactly once."""
        given = [tuple(each.variants) for each in self.accuracy_by_combination]
        if not given:
            return self
        possible = set(product(*([variant.name for variant in stage.variants] for stage in self.stages)))
        for problem, which in (
            ("has a combination that is none:", set(given) - possible),
            ("lacks", possible - set(given)),
            ("has twice", {each for each in given if given.count(each) > 1}),
        ):
            if which:
                raise ValueError(f"accuracy_by_combination {problem} {', '.join(min(which))}")
        return self

    @model_validator(mode="after")
    def _variants_are_few(self) -> Self:
        if (number := sum(len(stage.variants) for stage in self.stages)) > MAX_VARIANTS:
            raise ValueError(f"{number} variants in all: there may be {MAX_VARIANTS}")
        return self
