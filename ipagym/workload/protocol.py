"""The protocol of a load: a rate for every second of an episode."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Workload(Protocol):
    """A named load; the same generator state gives the same rates."""

    @property
    def name(self) -> str:
        """Short name, as on the command line."""

    @property
    def duration_s(self) -> int:
        """Length in whole seconds."""

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """The rate in each second in requests per second, shape (duration_s,), finite and not negative."""
