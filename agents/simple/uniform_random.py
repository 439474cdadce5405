"""A random agent: a lower baseline that every other agent must beat."""

from typing import Any

import numpy as np

from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Limits, StageSetting
from ipagym.model.knobs import KNOBS, Knob
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario


class UniformRandom:
    """Draws variant, replicas, batch and cores of each stage uniformly, with the generator given to `reset`.

    A stage runs one deployment. A request for more than `max_cores` is reduced (`ipagym.model.budget`).
    """

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Take the generator and the bounds of the draw."""
        self._pipeline, self._limits, self._rng = pipeline, limits, rng

    def decide(self, window: Window) -> Configuration:
        """One independent draw per stage and knob."""
        drawn = Configuration(tuple(self._draw(stage) for stage in self._pipeline.stages))
        return affordable(drawn, self._pipeline, self._limits)

    def _draw(self, stage: Stage) -> StageSetting:
        variant = stage.variants[self._rng.integers(len(stage.variants))]
        return StageSetting.of(variant.name, *(self._value(knob, variant, stage) for knob in KNOBS[1:]))

    def _value(self, knob: Knob, variant: Variant, stage: Stage) -> Any:
        choices = knob.choices_of(variant, stage, self._limits)
        return knob.written(choices[int(self._rng.integers(len(choices)))], variant)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return UniformRandom()
