"""The beginning of a load, for short runs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.origin import digest_of, origin_of, source_of
from ipagym.workload.protocol import Workload
from ipagym.workload.recorded.load import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """The first `duration_s` seconds of another workload."""

    whole: Workload
    duration_s: int

    def __post_init__(self) -> None:
        """Refuse a length beyond that of the whole workload."""
        if not 1 <= self.duration_s <= self.whole.duration_s:
            raise InputError(
                f"duration must be in 1..{self.whole.duration_s} s, the length of {self.whole.name}, "
                f"not {self.duration_s}"
            )

    @property
    def name(self) -> str:
        """The name of the whole workload."""
        return self.whole.name

    @property
    def origin(self) -> str:
        """The origin of the whole workload, in words."""
        return f"the first {self.duration_s} s of: {origin_of(self.whole)}"

    @property
    def source(self) -> Source | None:
        """The file of the whole workload, if it was read from one."""
        return source_of(self.whole)

    @property
    def digest(self) -> str | None:
        """The hash of the rates of the whole workload, if they were recorded."""
        return digest_of(self.whole)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """The first rates of the whole workload, in requests per second."""
        return self.whole.rates_rps(rng)[: self.duration_s]
