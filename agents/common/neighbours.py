"""Configurations one knob away from another."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting, cores_of
from ipagym.model.pipeline import Pipeline, Stage

Value = TypeVar("Value")


def neighbours(current: Configuration, pipeline: Pipeline, limits: Limits) -> Iterator[Configuration]:
    """Every configuration that differs in one knob of one stage, by one step."""
    for index, (setting, stage) in enumerate(zip(current.stages, pipeline.stages, strict=True)):
        for other in stage_neighbours(setting, stage, limits):
            yield Configuration((*current.stages[:index], other, *current.stages[index + 1 :]))


def stage_neighbours(setting: StageSetting, stage: Stage, limits: Limits) -> Iterator[StageSetting]:
    """The same for one stage; a stage with several deployments has none."""
    if len(setting.deployments) == 1:
        yield from (StageSetting((each,)) for each in deployment_neighbours(setting.first, stage, limits))


def deployment_neighbours(current: Deployment, stage: Stage, limits: Limits) -> Iterator[Deployment]:
    """The same for one deployment; another variant keeps the cores if it was measured on that number."""
    by_accuracy = sorted(stage.variants, key=lambda variant: variant.accuracy)
    names = [variant.name for variant in by_accuracy]
    choices = stage.variant(current.variant).core_choices
    for name in _beside(names, current.variant):
        variant, cores = stage.variant(name), cores_of(current, stage)
        yield replace(current, variant=name, cores=cores if cores in variant.core_choices else None)
    for replicas in (current.replicas - 1, current.replicas + 1):
        if 1 <= replicas <= limits.max_replicas:
            yield replace(current, replicas=replicas)
    for batch in _beside(stage.batches, current.batch):
        yield replace(current, batch=batch)
    for number in _beside(choices, cores_of(current, stage)):
        yield replace(current, cores=number)


def _beside(values: Sequence[Value], value: Value) -> list[Value]:
    at = values.index(value)
    return [*values[max(0, at - 1) : at], *values[at + 1 : at + 2]]
