"""Variants, stages, and the pipeline that they form."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod

from ipagym.model.latency import LatencyModel
from ipagym.system.errors import InputError, unknown_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One model for a stage: its accuracy (0..1), base cores, readiness time and latency on the base cores.

    `on_cores` holds the latency on other numbers of cores; only these and the base cores are choices. `memory_mib` is
    the memory that a replica uses at any load, `memory_request_mib` the memory it requests; None if unknown.
    """

    name: str
    accuracy: float
    base_cores: int
    load_s: float
    latency: LatencyModel
    on_cores: Mapping[int, LatencyModel] = field(default_factory=dict)
    memory_mib: float | None = None
    memory_request_mib: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.accuracy <= 1:
            raise InputError(f"accuracy of {self.name} must be in (0, 1], not {self.accuracy}")
        if self.base_cores < 1:
            raise InputError(f"base_cores of {self.name} must be at least 1, not {self.base_cores}")
        if not 0 <= self.load_s < float("inf"):
            raise InputError(f"load_s of {self.name} must be finite and not negative, not {self.load_s}")
        if any(cores < 1 or cores == self.base_cores for cores in self.on_cores):
            raise InputError(f"on_cores of {self.name} must be positive core counts other than {self.base_cores}")
        for name, mib in (("memory_mib", self.memory_mib), ("memory_request_mib", self.memory_request_mib)):
            if mib is not None and not 0 < mib < float("inf"):
                raise InputError(f"{name} of {self.name} must be above 0 and finite, not {mib}")

    @property
    def core_choices(self) -> tuple[int, ...]:
        """The numbers of cores that one replica may have, ascending."""
        return tuple(sorted({self.base_cores, *self.on_cores}))

    def latency_on(self, cores: int) -> LatencyModel:
        """The latency on `cores`, one of `core_choices`."""
        return self.latency if cores == self.base_cores else self.on_cores[cores]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """One task of the pipeline: its variants by rising accuracy and the batch sizes it may use.

    `after` names the stages whose results it needs: none for a stage that takes the requests themselves, several for a
    join. The default is the previous stage of the pipeline.
    """

    name: str
    variants: tuple[Variant, ...]
    batches: tuple[int, ...]
    after: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not self.variants:
            raise InputError(f"stage {self.name} needs at least one variant")
        if not self.batches or list(self.batches) != sorted(set(self.batches)):
            raise InputError(f"batches of stage {self.name} must be rising and distinct, not {self.batches}")
        for variant in self.variants:
            measured = min(variant.latency_on(cores).max_batch for cores in variant.core_choices)
            if self.batches[0] < 1 or self.batches[-1] > measured:
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
    """A directed acyclic graph of stages (by default a chain) with its end-to-end SLO in seconds.

    Each stage is listed after the stages it needs. A request goes to every stage that needs none, is copied where
    several stages follow, and waits at a join for all its copies. It is answered when every stage without a successor
    has served it. `idle_watts_per_core` and `busy_watts_per_core` are the power of held and of working cores.
    `accuracy_by_combination` has accuracies (0..1) measured end to end, by combination of variants, one of each stage.
    For combinations without an entry, the accuracy is the product of the stages' accuracies.
    """

    name: str
    stages: tuple[Stage, ...]
    slo_s: float
    idle_watts_per_core: float
    busy_watts_per_core: float
    accuracy_by_combination: Mapping[tuple[str, ...], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for variants, accuracy in self.accuracy_by_combination.items():
            if not 0 <= accuracy <= 1:
                raise InputError(f"accuracy of {' and '.join(variants)} must be in 0..1, not {accuracy}")
        if not self.stages:
            raise InputError(f"pipeline {self.name} needs at least one stage")
        if not self.slo_s > 0:
            raise InputError(f"slo_s must be above 0 seconds, not {self.slo_s}")
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise InputError(f"stages of pipeline {self.name} must have distinct names, not {names}")
        for index, stage in enumerate(self.stages):
            for needed in stage.after or ():
                if needed not in names[:index]:
                    raise InputError(f"stage {stage.name} comes after {needed!r}, which is not an earlier stage")

    def accuracy_of(self, variants: Sequence[str]) -> float:
        """PAS of answers by these variants, one of each stage in order."""
        measured = self.accuracy_by_combination.get(tuple(variants))
        if measured is not None:
            return measured
        return pas(stage.variant(name).accuracy for stage, name in zip(self.stages, variants, strict=True))

    @property
    def combinations(self) -> Iterator[tuple[str, ...]]:
        """All combinations of one variant per stage; those of the last stage vary fastest."""
        return product(*([variant.name for variant in stage.variants] for stage in self.stages))

    @property
    def predecessors(self) -> tuple[tuple[int, ...], ...]:
        """For each stage, the indices of the stages it needs, ascending."""
        names = [stage.name for stage in self.stages]
        chain = [(index - 1,) if index else () for index in range(len(names))]
        return tuple(
            before if stage.after is None else tuple(sorted({names.index(name) for name in stage.after}))
            for stage, before in zip(self.stages, chain, strict=True)
        )

    @property
    def successors(self) -> tuple[tuple[int, ...], ...]:
        """For each stage, the indices of the stages that need it, ascending."""
        needs = self.predecessors
        return tuple(tuple(t for t in range(len(needs)) if s in needs[t]) for s in range(len(needs)))


def pas(accuracies: Iterable[float]) -> float:
    """Pipeline accuracy score: the product of the stage accuracies (IPA §3, revised metric), in 0..1."""
    return prod(accuracies)
