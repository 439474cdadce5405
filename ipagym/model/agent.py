"""The interface between a controller and the code that runs it."""

from typing import Protocol, runtime_checkable

import numpy as np

from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window


@runtime_checkable
class Agent(Protocol):
    """A controller: the constructor takes settings, `reset` makes the state, `decide` returns a configuration per
    window.
    """

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Discard all state and prepare for this pipeline."""

    def decide(self, window: Window) -> Configuration:
        """The configuration for the next adaptation interval, given the observations of the last one."""
