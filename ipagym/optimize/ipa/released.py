"""IPA's problem as its released code states it, where published figures depend on that.

It departs from the paper's formula in what it is fed: throughput is the most that was measured (never above the load
offered while profiling) and not b / l(b); margins are put on throughput and latency "for cross machine use"; accuracies
are replaced by their ranks, the least of them by 0.05 in a product; and each variant gets the base cores that a rule
finds in its profile. Its latency constraint, 25 times the batch-1 latency, never binds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.optimize.problem import Accuracy, Choice, IpaProblem
from ipagym.system.errors import InputError
from ipagym.task.objective import Objective

SLA_FACTOR = 25.0
"""5 by setting, and another 5 in the code."""

MOST_REPLICAS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleasedSettings:
    """Settings of one published run. Margins are shares: −0.5 halves throughput, 1.0 doubles latency.

    `values` says what stands for the accuracy of a variant: its rank or its measured value. `variants` and `replicas`,
    one per stage, are what FA2 and RIM leave as it is; fixed replicas enter the problem as one of them together.
    """

    threshold_rps: float
    throughput_margin: float = 0.0
    latency_margin: float = 0.0
    accuracy: Accuracy = "product"
    values: Literal["ranks", "measured"] = "ranks"
    lowest_accuracy: float = 0.05
    max_batch: int = 1
    variants: tuple[str, ...] | None = None
    replicas: tuple[int, ...] | None = None


def released_problem(
    pipeline: Pipeline, rate_rps: float, objective: Objective, settings: ReleasedSettings
) -> IpaProblem:
    """The problem of serving the pipeline, with all its measured cores, at `rate_rps`.

    Raises:
        InputError: a stage has no measured throughput, or no cores on which a variant carries the threshold.
    """
    stages = tuple(_choices(pipeline, index, settings) for index in range(len(pipeline.stages)))
    return IpaProblem(
        stages=stages,
        rate_rps=rate_rps,
        slo_s=sum(sla_s(stage, settings) for stage in pipeline.stages),
        objective=objective,
        max_replicas=MOST_REPLICAS if settings.replicas is None else 1,
        accuracy=settings.accuracy,
    )


def sla_s(stage: Stage, settings: ReleasedSettings) -> float:
    """25 times the mean, over the variants, of the batch-1 latency on the most cores measured."""
    on_most = [variant.latency_on(variant.core_choices[-1]).p99_s[1] for variant in stage.variants]
    return SLA_FACTOR * (1 + settings.latency_margin) * fmean(on_most)


def base_cores(stage: Stage, settings: ReleasedSettings) -> dict[str, int]:
    """The cores that each variant gets, by name: those of the released base allocation.

    On a number of cores, the batches count that are fast enough for the stage and carry the threshold. The variants are
    gone through by rising accuracy with one pointer into the numbers of cores, which never moves back. It moves one on
    where more batches count there (not for the first variant), then on to the first number where any does.

    Raises:
        InputError: no number of cores is left on which a variant carries the threshold.
    """
    every = sorted({cores for variant in stage.variants for cores in variant.core_choices})
    chosen: dict[str, int] = {}
    at = 0
    for variant in sorted(stage.variants, key=lambda each: each.accuracy):
        counts = [_able_batches(variant, cores, stage, settings) for cores in every]
        if chosen and at + 1 < len(every) and counts[at + 1] > counts[at]:
            at += 1
        while at < len(every) and not counts[at]:
            at += 1
        if at == len(every):
            raise InputError(f"{variant.name} carries {settings.threshold_rps} rps on no number of cores measured")
        chosen[variant.name] = every[at]
    return chosen


def _able_batches(variant: Variant, cores: int, stage: Stage, settings: ReleasedSettings) -> int:
    if cores not in variant.core_choices:
        return 0
    measured, limit_s = variant.latency_on(cores), sla_s(stage, settings)
    return sum(
        rps * (1 + settings.throughput_margin) >= settings.threshold_rps
        and measured.p99_s[batch] * (1 + settings.latency_margin) <= limit_s
        for batch, rps in measured.measured_rps.items()
    )


def _choices(pipeline: Pipeline, index: int, settings: ReleasedSettings) -> tuple[Choice, ...]:
    stage = pipeline.stages[index]
    cores, worth = base_cores(stage, settings), accuracies(stage, settings)
    together = 1 if settings.replicas is None else settings.replicas[index]
    chosen = [v for v in stage.variants if settings.variants is None or v.name == settings.variants[index]]
    return tuple(
        Choice(
            stage=index,
            variant=variant.name,
            batch=batch,
            latency_s=measured.p99_s[batch] * (1 + settings.latency_margin),
            throughput_rps=together * rps * (1 + settings.throughput_margin),
            cores=together * cores[variant.name],
            accuracy=worth[variant.name],
        )
        for variant in chosen
        for measured in [variant.latency_on(cores[variant.name])]
        for batch, rps in measured.measured_rps.items()
        if batch <= settings.max_batch
    )


def accuracies(stage: Stage, settings: ReleasedSettings) -> dict[str, float]:
    """The value in place of each variant's accuracy: the one measured, or k / (K − 1) for the k-th worst of K."""
    ordered: Sequence[Variant] = sorted(stage.variants, key=lambda variant: variant.accuracy)
    if settings.values == "measured":
        return {variant.name: variant.accuracy for variant in ordered}
    ranks = [k / (len(ordered) - 1) if len(ordered) > 1 else 1.0 for k in range(len(ordered))]
    if settings.accuracy == "product":
        ranks = [rank or settings.lowest_accuracy for rank in ranks]
    return {variant.name: rank for variant, rank in zip(ordered, ranks, strict=True)}
