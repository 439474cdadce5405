"""Simple loads: constant, ramp, step and spike."""

from dataclasses import dataclass, fields
from math import isfinite
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.origin import GENERATED

MAX_RATE_RPS = 1e6
MAX_DURATION_S = 10_000_000


def check_numbers(workload: object) -> None:
    """Refuse invalid rates, times and durations in the numeric fields of the dataclass.

    Raises:
        InputError: naming the field, its value and the rule.
    """
    for item in fields(workload):  # type: ignore[arg-type]
        value = getattr(workload, item.name)
        if item.name == "duration_s":
            if not (isinstance(value, int) and 1 <= value <= MAX_DURATION_S):
                raise InputError(f"duration_s must be a whole number in 1..{MAX_DURATION_S}, not {value}")
        elif item.name.endswith("_rps"):
            if not (isfinite(value) and 0 <= value <= MAX_RATE_RPS):
                raise InputError(f"{item.name} must be in 0..{MAX_RATE_RPS:g} requests per second, not {value}")
        elif item.name.endswith("_s") and not (isfinite(value) and value >= 0):
            raise InputError(f"{item.name} must be 0 or more seconds, not {value}")


def generated_by(workload: object) -> str:
    """The origin of a generated load: its parameters, except for its length."""
    figures = {item.name: getattr(workload, item.name) for item in fields(workload)}  # type: ignore[arg-type]
    return f"{GENERATED}, {', '.join(f'{name} {value:g}' for name, value in figures.items() if name != 'duration_s')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Constant:
    """The same rate all the time."""

    name: ClassVar[str] = "constant"
    rate_rps: float
    duration_s: int = 1200

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def origin(self) -> str:
        """Its figures."""
        return generated_by(self)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        return np.full(self.duration_s, float(self.rate_rps))


@dataclass(frozen=True, kw_only=True, slots=True)
class Ramp:
    """From one rate to another in a straight line."""

    name: ClassVar[str] = "ramp"
    from_rps: float
    to_rps: float
    duration_s: int = 1200

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def origin(self) -> str:
        """Its figures."""
        return generated_by(self)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        return np.linspace(self.from_rps, self.to_rps, self.duration_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One rate until `at_s`, another from there on."""

    name: ClassVar[str] = "step"
    before_rps: float
    after_rps: float
    at_s: int = 600
    duration_s: int = 1200

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def origin(self) -> str:
        """Its figures."""
        return generated_by(self)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        return np.where(np.arange(self.duration_s) < self.at_s, float(self.before_rps), float(self.after_rps))


@dataclass(frozen=True, kw_only=True, slots=True)
class Spike:
    """A base rate with one peak of `width_s` from `at_s` on."""

    name: ClassVar[str] = "spike"
    base_rps: float
    peak_rps: float
    at_s: int = 600
    width_s: int = 60
    duration_s: int = 1200

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def origin(self) -> str:
        """Its figures."""
        return generated_by(self)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        second = np.arange(self.duration_s)
        inside = (second >= self.at_s) & (second < self.at_s + self.width_s)
        return np.where(inside, float(self.peak_rps), float(self.base_rps))
