"""Agents with a constant configuration: a corner of the possible configurations, or the initial one."""

from collections.abc import Mapping

import numpy as np

from ipagym.agents.common.packing import largest_replicas
from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
from ipagym.model.knobs import CORES, KNOBS, REPLICAS, VARIANT, open_knobs
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

WORDS: Mapping[str, tuple[str, bool]] = {
    word: (knob.name, bool(is_high)) for knob in KNOBS for is_high, word in enumerate(knob.ends)
}
"""The two ends of each knob; the first of each pair is the default, except for cores: base cores."""


BEST = "best"
"""The argument for the result of a search instead of a corner (`ipagym.agents.simple.best_constant`)."""

Corner = Mapping[str, bool]
"""Ends of knobs by name, true for the highest choice: the most accurate variant, the most replicas, and so on."""


class Static:
    """A corner of the configurations; with the highest replicas, as many as fit the nodes (`largest_replicas`)."""

    def __init__(self, corner: Corner) -> None:
        self.corner = corner

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Settle on the configuration."""
        self._limits = limits
        variants = [
            stage.most_accurate if self.corner.get(VARIANT.name) else stage.lightest for stage in pipeline.stages
        ]
        cores = list(map(self._cores, variants))
        numbers = largest_replicas(cores, limits) if self.corner.get(REPLICAS.name) else [1] * len(cores)
        settings = map(self._setting, variants, numbers, cores, pipeline.stages)
        self.configuration = affordable(Configuration(tuple(settings)), pipeline, limits)

    def decide(self, window: Window) -> Configuration:
        """Always the same configuration."""
        return self.configuration

    def holds(self, found: Configuration) -> Configuration:
        """The corner."""
        return self.configuration

    def _cores(self, variant: Variant) -> int:
        if CORES.name not in self.corner:
            return variant.base_cores
        return variant.core_choices[-1 if self.corner[CORES.name] else 0]

    def _setting(self, variant: Variant, replicas: int, cores: int, stage: Stage) -> StageSetting:
        others = {
            knob.name: knob.choices_of(variant, stage, self._limits)[-1 if self.corner.get(knob.name) else 0]
            for knob in KNOBS
            if knob not in (VARIANT, REPLICAS, CORES)
        }
        deployment = Deployment(variant.name, replicas, cores=CORES.written(cores, variant), **others)
        return StageSetting((deployment,))


class Fixed:
    """One constant configuration."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Nothing to prepare."""

    def decide(self, window: Window) -> Configuration:
        """Always the same configuration."""
        return self.configuration

    def holds(self, found: Configuration) -> Configuration:
        """That configuration."""
        return self.configuration


class Hold:
    """Keeps the running configuration."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Nothing to prepare."""

    def decide(self, window: Window) -> Configuration:
        """The configuration that runs."""
        return window.configuration


def corner_of(text: str) -> Corner:
    """The corner named by words joined by -, such as `accurate-many-large`.

    Raises:
        InputError: a word is unknown, or a knob is named twice.
    """
    corner: dict[str, bool] = {}
    for word in text.split("-"):
        if word not in WORDS:
            raise InputError(f"static is {BEST}, or a corner of {', '.join(WORDS)}, joined by -, not {word!r}")
        knob, end = WORDS[word]
        if knob in corner:
            raise InputError(f"{text!r} says twice which {knob} static is to have")
        corner[knob] = end
    return corner


def make(scenario: Scenario, argument: str = "") -> Agent:
    """`argument`: the corner, in words joined by -, or `best` for the best constant configuration."""
    if argument == BEST:
        from ipagym.agents.simple.best_constant import best_constant  # it simulates; corners do not need it

        return Fixed(best_constant(scenario))
    return Static(corner_of(argument))


def make_min(scenario: Scenario, argument: str = "") -> Agent:
    """The lightest variants, one replica each, the smallest batch."""
    return Static({})


def make_max(scenario: Scenario, argument: str = "") -> Agent:
    """The most accurate variants in as many replicas as fit; on the most cores if only cores are open."""
    turned = open_knobs(scenario.pipeline.stages, scenario.limits)
    wide = {CORES.name: True} if CORES.name in turned and REPLICAS.name not in turned else {}
    return Static({VARIANT.name: True, REPLICAS.name: True} | wide)


def make_hold(scenario: Scenario, argument: str = "") -> Agent:
    """The initial configuration."""
    return Hold()
