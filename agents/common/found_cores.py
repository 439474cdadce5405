"""Pipelines for controllers that do not change cores: every variant runs on the initial cores."""

from collections.abc import Sequence
from dataclasses import replace

from ipagym.model.configuration import Configuration, Deployment
from ipagym.model.pipeline import Pipeline, Stage, Variant


def on_found_cores(pipeline: Pipeline, found: Sequence[Deployment]) -> Pipeline:
    """The pipeline with the initial cores of each stage as base cores of its variants. Base cores stay if they are the
    initial ones (`cores` None), or if a variant was not measured on the others.
    """
    stages = zip(pipeline.stages, found, strict=True)
    return replace(pipeline, stages=tuple(_stage(stage, each.cores) for stage, each in stages))


def explicit_cores(configuration: Configuration, seen: Pipeline, pipeline: Pipeline) -> Configuration:
    """A configuration of the pipeline `seen` as one of `pipeline`: cores become explicit where base cores differ."""
    stages = zip(configuration.stages, seen.stages, pipeline.stages, strict=True)
    return Configuration(tuple(s.turned(cores=_cores(s.first, was, now)) for s, was, now in stages))


def _cores(running: Deployment, seen: Stage, stage: Stage) -> int | None:
    cores = seen.variant(running.variant).base_cores
    return None if cores == stage.variant(running.variant).base_cores else cores


def _stage(stage: Stage, cores: int | None) -> Stage:
    return stage if cores is None else replace(stage, variants=tuple(_variant(v, cores) for v in stage.variants))


def _variant(variant: Variant, cores: int) -> Variant:
    if cores not in variant.core_choices:
        return variant
    return replace(variant, base_cores=cores, latency=variant.latency_on(cores), on_cores={})
