"""The protocol of a load: a rate for every second of an episode."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Workload(Protocol):
    """A load by name; the same generator state gives the same rates."""

    @property
    def name(self) -> str:
        """Short name, as on the command line."""

    @property
    def duration_s(self) -> int:
        """Length in whole seconds."""

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,), all finite and not negative."""
