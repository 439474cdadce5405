"""Which knobs a scenario opens, and which of them an agent leaves as it finds them."""

from collections.abc import Iterable
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np

from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.pipeline import Pipeline
from ipagym.task.scenario import Scenario

Knob = Literal["variant", "mix", "replicas", "batch", "cores"]
"""`mix` is the choice of several variants side by side; `cores` those of one replica."""

ALL_KNOBS: tuple[Knob, ...] = get_args(Knob)


@runtime_checkable
class Holding(Protocol):
    """An agent that keeps some knobs at values of its own, rather than at those that it finds."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """As of every agent."""

    def holds(self, found: Configuration) -> Configuration:
        """What was found, with those values in it; asked after `reset`."""


def open_knobs(scenario: Scenario) -> frozenset[Knob]:
    """The knobs of which the scenario leaves more than one value."""
    stages, limits = scenario.pipeline.stages, scenario.limits
    variants = max(len(stage.variants) for stage in stages)
    is_open: dict[Knob, bool] = {
        "variant": variants > 1,
        "mix": variants > 1 and limits.max_deployments > 1,
        "replicas": limits.max_replicas > 1,
        "batch": any(len(stage.batches) > 1 for stage in stages),
        "cores": any(len(variant.core_choices) > 1 for stage in stages for variant in stage.variants),
    }
    return frozenset(knob for knob, there_is_choice in is_open.items() if there_is_choice)


def kept(turned: Iterable[Knob], scenario: Scenario) -> str:
    """What an agent that turns only these knobs keeps, with the value for each stage: that of the start.

    Empty where it keeps nothing.
    """
    left = [knob for knob in ALL_KNOBS if knob in open_knobs(scenario) - set(turned)]
    texts = []
    for knob in left:
        if knob == "mix":
            texts.append("one variant at a time")
        else:
            values = (_value(knob, setting) for setting in scenario.initial.stages)
            texts.append(f"{knob} {' + '.join(values)}")
    return ", ".join(texts)


def _value(knob: Knob, setting: StageSetting) -> str:
    return "base" if knob == "cores" and setting.cores is None else str(getattr(setting, knob))
