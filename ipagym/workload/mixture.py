"""Several loads as one: each episode has one of them, drawn at random."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.protocol import Workload


@dataclass(frozen=True, kw_only=True, slots=True)
class Mixture:
    """Each of the parts is equally likely; all are as long as the shortest of them.

    Raises:
        InputError: there are no parts.
    """

    origin: ClassVar[str] = "drawn from several loads"
    parts: tuple[Workload, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise InputError("a mixture of loads needs at least one load")

    @property
    def name(self) -> str:
        """The names of the parts."""
        return "mixture of " + ", ".join(part.name for part in self.parts)

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return min(part.duration_s for part in self.parts)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        part = self.parts[int(rng.integers(len(self.parts)))]
        return part.rates_rps(rng)[: self.duration_s]
