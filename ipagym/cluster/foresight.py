"""The time to come, which only a simulation can show."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ipagym.cluster.protocol import Simulator
from ipagym.model.configuration import Configuration


@runtime_checkable
class Foreseeing(Protocol):
    """An agent that is shown the future, to measure others by; its name says so wherever it is compared."""

    def foresee(self, double: Simulator, rates_rps: NDArray[np.float64]) -> None:
        """Take a double of the cluster as it is before the episode, and the rate of each of its seconds.

        Called before `reset`.
        """


@runtime_checkable
class Learning(Protocol):
    """An agent that is shown what others did in the same episode, to do no worse."""

    def learn(self, courses: Sequence[tuple[Configuration, ...]]) -> None:
        """Take what each of the others asked for, window by window.

        Called before `reset`.
        """
