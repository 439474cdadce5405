"""Agents that never change their mind: the corners of what may be configured, and what they find."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ipagym.agents.common.packing import largest_replicas
from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.knobs import KNOBS, open_knobs
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

WORDS: Mapping[str, tuple[str, bool]] = {
    word: (knob.name, bool(is_high)) for knob in KNOBS for is_high, word in enumerate(knob.ends)
}
"""The two ends of each knob; the first of each pair is what is taken where nothing is said, base cores for cores."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Corner:
    """One end of every knob: True for the most accurate variant, the most replicas, the largest batch, the most cores.

    `cores` None stands for base cores.
    """

    variant: bool = False
    replicas: bool = False
    batch: bool = False
    cores: bool | None = None


class Static:
    """A corner of the configurations; as many replicas as fit the nodes where it wants most (`largest_replicas`)."""

    def __init__(self, corner: Corner) -> None:
        self.corner = corner

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Settle on the configuration."""
        variants = [stage.most_accurate if self.corner.variant else stage.lightest for stage in pipeline.stages]
        cores = list(map(self._cores, variants))
        numbers = largest_replicas(cores, limits) if self.corner.replicas else [1] * len(cores)
        settings = map(self._setting, variants, numbers, cores, pipeline.stages)
        self.configuration = affordable(Configuration(tuple(settings)), pipeline, limits)

    def decide(self, window: Window) -> Configuration:
        """Always the same configuration."""
        return self.configuration

    def holds(self, found: Configuration) -> Configuration:
        """The corner."""
        return self.configuration

    def _cores(self, variant: Variant) -> int:
        if self.corner.cores is None:
            return variant.base_cores
        return variant.core_choices[-1 if self.corner.cores else 0]

    def _setting(self, variant: Variant, replicas: int, cores: int, stage: Stage) -> StageSetting:
        batch = stage.batches[-1 if self.corner.batch else 0]
        return StageSetting.of(variant.name, replicas, batch, None if cores == variant.base_cores else cores)


class Hold:
    """Leaves everything as it finds it."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Nothing to prepare."""

    def decide(self, window: Window) -> Configuration:
        """The configuration that runs."""
        return window.configuration


def corner_of(text: str) -> Corner:
    """The corner that words joined by - stand for, as in `accurate-many-large`.

    Raises:
        InputError: a word is unknown, or a knob is named twice.
    """
    corner, seen = Corner(), set[str]()
    for word in text.split("-"):
        if word not in WORDS:
            raise InputError(f"corners of static are {', '.join(WORDS)}, joined by -, not {word!r}")
        knob, end = WORDS[word]
        if knob in seen:
            raise InputError(f"{text!r} says twice which {knob} static is to have")
        seen.add(knob)
        corner = replace(corner, **{knob: end})
    return corner


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the corner, in words joined by -."""
    return Static(corner_of(argument))


def make_min(scenario: Scenario, argument: str = "") -> Agent:
    """The lightest variants, one replica each, the smallest batch."""
    return Static(Corner())


def make_max(scenario: Scenario, argument: str = "") -> Agent:
    """The most accurate variants in as many replicas as fit, on the most cores where only these are open."""
    turned = open_knobs(scenario.pipeline.stages, scenario.limits)
    wide = True if "cores" in turned and "replicas" not in turned else None
    return Static(Corner(variant=True, replicas=True, cores=wide))


def make_hold(scenario: Scenario, argument: str = "") -> Agent:
    """The configuration that it finds."""
    return Hold()
