"""Refusal of configurations that a pipeline or its limits do not allow."""

from collections.abc import Sequence
from numbers import Integral

from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting, requested_cores
from ipagym.model.knobs import KNOBS, VARIANT
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.system.errors import InputError


def check(configuration: Configuration, pipeline: Pipeline, limits: Limits) -> None:
    """Refuse a configuration that the pipeline or the limits do not allow.

    Raises:
        InputError: naming the stage, the knob, its value and the rule.
    """
    if not isinstance(configuration, Configuration) or not isinstance(configuration.stages, tuple):
        raise InputError(f"a configuration holds a tuple of settings, one for each stage, not {configuration!r}")
    if len(configuration.stages) != len(pipeline.stages):
        raise InputError(
            f"configuration has {len(configuration.stages)} stages, pipeline {pipeline.name} {len(pipeline.stages)}"
        )
    for setting, stage in zip(configuration.stages, pipeline.stages, strict=True):
        _check_types(setting, stage)
        _check_mix(setting, stage, limits)
        for deployment in setting.deployments:
            _check_deployment(deployment, stage, limits)
    if limits.max_cores is not None and (cores := requested_cores(configuration, pipeline)) > limits.max_cores:
        raise InputError(f"the configuration requests {cores} cores: at most {limits.max_cores} are allowed")


def _check_types(setting: StageSetting, stage: Stage) -> None:
    if not isinstance(setting, StageSetting) or not isinstance(setting.deployments, tuple):
        raise InputError(f"setting of stage {stage.name} must be a StageSetting, not {setting!r}")
    for deployment in setting.deployments:
        if not isinstance(deployment, Deployment) or not isinstance(deployment.variant, str):
            raise InputError(f"deployments of stage {stage.name} name a variant each, unlike {deployment!r}")
        for knob in KNOBS[1:]:
            value = getattr(deployment, knob.name)
            if not is_whole(value) and not (knob.is_optional and value is None):
                raise InputError(f"{knob.name} of stage {stage.name} must be a whole number, not {value!r}")
        if not isinstance(deployment.weight, int | float):
            raise InputError(f"weight of {deployment.variant} must be a number, not {deployment.weight!r}")


def is_whole(value: object) -> bool:
    """True for an integer of Python or numpy, but not for a bool."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _check_mix(setting: StageSetting, stage: Stage, limits: Limits) -> None:
    variants = [deployment.variant for deployment in setting.deployments]
    if not variants:
        raise InputError(f"stage {stage.name} needs at least one deployment")
    if len(variants) > limits.max_deployments:
        raise InputError(f"stage {stage.name} may run {limits.max_deployments} deployments, not {len(variants)}")
    if len(set(variants)) < len(variants):
        raise InputError(f"deployments of stage {stage.name} must be of different variants, not {variants}")


def _check_deployment(deployment: Deployment, stage: Stage, limits: Limits) -> None:
    variant = stage.variant(deployment.variant)
    for knob in KNOBS:
        choices = knob.choices_of(variant, stage, limits)
        if knob is not VARIANT and knob.read(deployment, stage) not in choices:
            place = variant.name if knob.of_variant else f"stage {stage.name}"
            value = getattr(deployment, knob.name)
            raise InputError(f"{knob.name} of {place} must be {_in_words(choices)}, not {value}")
    if not 0 < deployment.weight < float("inf"):
        raise InputError(f"weight of {variant.name} must be above 0 and finite, not {deployment.weight}")


def _in_words(choices: Sequence[int]) -> str:
    return f"in {choices[0]}..{choices[-1]}" if isinstance(choices, range) else f"one of {tuple(choices)}"
