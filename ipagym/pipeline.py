"""What is served: variants, stages and the pipeline they form."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from ipagym.errors import InputError, unknown_name
from ipagym.latency import LatencyModel


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One model for a stage: its accuracy (0..1), base cores, readiness time and latency."""

    name: str
    accuracy: float
    base_cores: int
    load_s: float
    latency: LatencyModel

    def __post_init__(self) -> None:
        if not 0 < self.accuracy <= 1:
            raise InputError(f"accuracy of {self.name} must be in (0, 1], not {self.accuracy}")
        if self.base_cores < 1:
            raise InputError(f"base_cores of {self.name} must be at least 1, not {self.base_cores}")
        if self.load_s < 0:
            raise InputError(f"load_s of {self.name} must not be negative, not {self.load_s}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One task of the pipeline: its variants by rising accuracy and the batch sizes it may use."""

    name: str
    variants: tuple[Variant, ...]
    batches: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.variants:
            raise InputError(f"stage {self.name} needs at least one variant")
        if not self.batches or list(self.batches) != sorted(set(self.batches)):
            raise InputError(f"batches of stage {self.name} must be rising and distinct, not {self.batches}")
        for variant in self.variants:
            if self.batches[0] < 1 or self.batches[-1] > variant.latency.max_batch:
                raise InputError(f"batches of stage {self.name} exceed the profile of {variant.name}")

    def variant(self, name: str) -> Variant:
        """The variant called `name`."""
        for variant in self.variants:
            if variant.name == name:
                return variant
        raise unknown_name(f"variant of stage {self.name}", name, (v.name for v in self.variants))

    @property
    def lightest(self) -> Variant:
        """The variant with the fewest cores, then the shortest batch-1 latency."""
        return min(self.variants, key=lambda v: (v.base_cores, v.latency.p99(1)))

    @property
    def most_accurate(self) -> Variant:
        """The variant of highest accuracy."""
        return max(self.variants, key=lambda v: v.accuracy)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pipeline:
    """A chain of stages with its end-to-end SLO in seconds.

    `idle_watts_per_core` and `busy_watts_per_core` give the energy of held and of working cores.
    """

    name: str
    stages: tuple[Stage, ...]
    slo_s: float
    idle_watts_per_core: float
    busy_watts_per_core: float

    def __post_init__(self) -> None:
        if not self.stages:
            raise InputError(f"pipeline {self.name} needs at least one stage")
        if not self.slo_s > 0:
            raise InputError(f"slo_s must be above 0 seconds, not {self.slo_s}")


def pas(accuracies: Iterable[float]) -> float:
    """Pipeline accuracy score: the product of the stage accuracies (IPA §3, revised metric), in 0..1."""
    return prod(accuracies)
