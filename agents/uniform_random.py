"""An agent without any knowledge: the floor that every other one must beat."""

import numpy as np

from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.pipeline import Pipeline, Stage
from ipagym.window import Window


class UniformRandom:
    """Draws every decision uniformly from all legal configurations, with the generator given to `reset`."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Take the generator and the bounds of the draw."""
        self._pipeline, self._limits, self._rng = pipeline, limits, rng

    def decide(self, window: Window) -> Configuration:
        """One independent draw per stage and knob."""
        return Configuration(tuple(self._draw(stage) for stage in self._pipeline.stages))

    def _draw(self, stage: Stage) -> StageSetting:
        variant = stage.variants[self._rng.integers(len(stage.variants))]
        replicas = int(self._rng.integers(1, self._limits.max_replicas + 1))
        return StageSetting(variant.name, replicas, stage.batches[self._rng.integers(len(stage.batches))])
