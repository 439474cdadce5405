"""A load read from a file, and the facts about its source."""

from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """The file of a load: its name and hash, its format, its rows, and the load's length, mean and peak."""

    file: str
    sha256: str
    format: str
    rows: int
    duration_s: int
    mean_rps: float
    peak_rps: float

    @property
    def line(self) -> str:
        """All facts but the hash, in one line."""
        return (
            f"{self.file} read as {self.format}: {self.rows} rows, {self.duration_s} s, mean {self.mean_rps:.4g} rps, "
            f"peak {self.peak_rps:.4g} rps"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLoad:
    """Requests per second from a file, shape (duration_s,). `digest` identifies them."""

    name: str
    source: Source
    rates: NDArray[np.float64] = field(repr=False, compare=False)
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        self.rates.setflags(write=False)
        object.__setattr__(self, "digest", sha256(self.rates.tobytes()).hexdigest()[:16])

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return len(self.rates)

    @property
    def origin(self) -> str:
        """The file and how it was read."""
        return self.source.line

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        return self.rates.copy()
