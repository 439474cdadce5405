"""The contract between a controller and whatever runs it."""

from typing import Protocol, runtime_checkable

import numpy as np

from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window


@runtime_checkable
class Agent(Protocol):
    """A controller: settings in its constructor, state made by `reset`, one configuration per window."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the past and prepare for this pipeline."""

    def decide(self, window: Window) -> Configuration:
        """The configuration for the next adaptation interval, given what was observed in the last."""
