"""The optimisation problem of the IPA paper (§4.3) in plain terms, free of any solver."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, isfinite, prod
from sys import float_info
from typing import Literal, get_args

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.optimize.stats import Solved
from ipagym.system.errors import InputError, SolverError, unknown_name
from ipagym.task.objective import Objective

TOLERANCE = 1e-9
"""Relative slack of the load and the latency constraint: rounding noise in λ/h must not cost a replica."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One (stage, variant, batch) and what one replica of it offers.

    `latency_s` is l(b), the p99 service time of a batch in seconds; `throughput_rps` is h(b) = b / l(b).
    """

    stage: int
    variant: str
    batch: int
    latency_s: float
    throughput_rps: float
    cores: int
    accuracy: float


Plan = Sequence[tuple[Choice, int]]
"""One choice and its number of replicas for each stage, in pipeline order."""


Accuracy = Literal["product", "sum"]
"""Combination of stage accuracies: their product (IPA's revised metric), or their sum (its first)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IpaProblem:
    """The choices of each stage, what they must serve (`rate_rps` within `slo_s` seconds), the bounds and the end.

    Of `objective` the weights α, β and δ count; the SLO is a constraint here, so that its price plays no part.
    `max_replicas` bounds each stage; `total_cores` are those of all nodes together, None where they are unbounded.
    `accuracy_by_combination` has what was measured of a variant of each stage together, where anything was: PAS is that
    then (`ipagym.optimize.by_combination`).
    """

    stages: tuple[tuple[Choice, ...], ...]
    rate_rps: float
    slo_s: float
    objective: Objective
    max_replicas: int
    total_cores: int | None = None
    accuracy: Accuracy = "product"
    accuracy_by_combination: Mapping[tuple[str, ...], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.stages or not all(self.stages):
            raise InputError("every stage of an IPA problem needs a choice")
        if not (isfinite(self.rate_rps) and self.rate_rps >= 0):
            raise InputError(f"rate_rps must be finite and 0 or more, not {self.rate_rps}")
        if not self.slo_s > 0:
            raise InputError(f"slo_s must be above 0 seconds, not {self.slo_s}")
        if self.max_replicas < 1:
            raise InputError(f"max_replicas must be at least 1, not {self.max_replicas}")
        if self.accuracy not in get_args(Accuracy):
            raise unknown_name("accuracy", self.accuracy, get_args(Accuracy))

    @property
    def allowed_s(self) -> float:
        """The SLO with its slack, in finite seconds: a batch that never fills is late whatever the SLO."""
        return min(self.slo_s * (1 + TOLERANCE), float_info.max)


def ipa_problem(
    pipeline: Pipeline, rate_rps: float, limits: Limits, objective: Objective, *, accuracy: Accuracy = "product"
) -> IpaProblem:
    """The problem of serving a pipeline at `rate_rps` within its SLO, every measured batch of its stages allowed."""
    return IpaProblem(
        stages=tuple(choices_of(index, stage) for index, stage in enumerate(pipeline.stages)),
        rate_rps=rate_rps,
        slo_s=pipeline.slo_s,
        objective=objective,
        max_replicas=limits.max_replicas,
        total_cores=limits.total_cores,
        accuracy=accuracy,
        accuracy_by_combination=pipeline.accuracy_by_combination,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Solution(Solved):
    """The configuration found, its objective value, and how it was come to.

    Where it is proven that no configuration meets every constraint, the fallback stands in. Where no answer came in
    time there is none, and the objective is not a number.
    """

    configuration: Configuration | None
    objective: float

    @property
    def answer(self) -> Configuration:
        """The configuration.

        Raises:
            SolverError: no answer came in time.
        """
        if self.configuration is None:
            raise SolverError("the solver had no answer in time: give it more of it")
        return self.configuration


def on_base_cores(variant: Variant) -> tuple[int, ...]:
    """The one number of cores that IPA gives a variant."""
    return (variant.base_cores,)


def choices_of(
    index: int, stage: Stage, cores_of: Callable[[Variant], Sequence[int]] = on_base_cores
) -> tuple[Choice, ...]:
    """Every (variant, batch) of a stage, on the numbers of cores that `cores_of` names."""
    return tuple(
        Choice(
            stage=index,
            variant=variant.name,
            batch=batch,
            latency_s=variant.latency_on(cores).p99(batch),
            throughput_rps=variant.latency_on(cores).throughput_rps(batch),
            cores=cores,
            accuracy=variant.accuracy,
        )
        for variant in stage.variants
        for cores in cores_of(variant)
        for batch in stage.batches
    )


def queue_wait_s(batch: int, rate_rps: float) -> float:
    """Seconds the first request of a batch waits for the last: q(b) = (b−1)/λ, and 0 without load (IPA §4.2)."""
    return (batch - 1) / rate_rps if rate_rps > 0 else 0.0


def stage_latency_s(choice: Choice, rate_rps: float) -> float:
    """Planned seconds in a stage: l(b) + q(b)."""
    return choice.latency_s + queue_wait_s(choice.batch, rate_rps)


def combined_accuracy(accuracies: Sequence[float], how: Accuracy) -> float:
    """PAS of the stage accuracies."""
    return prod(accuracies) if how == "product" else fsum(accuracies)


def objective_value(problem: IpaProblem, plan: Plan) -> float:
    """α·PAS − β·Σ n·R − δ·Σ b of a plan, with PAS the product or the sum of the stage accuracies."""
    measured = problem.accuracy_by_combination.get(tuple(choice.variant for choice, _ in plan))
    stages = [choice.accuracy for choice, _ in plan]
    accuracy = combined_accuracy(stages, problem.accuracy) if measured is None else measured
    cores = sum(replicas * choice.cores for choice, replicas in plan)
    batches = sum(choice.batch for choice, _ in plan)
    return problem.objective.planned(accuracy, cores, batches)


def plan_configuration(plan: Plan) -> Configuration:
    """The configuration that a plan stands for."""
    return Configuration(tuple(StageSetting.of(choice.variant, replicas, choice.batch) for choice, replicas in plan))
