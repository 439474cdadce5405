"""Rates from a list, and the check of the rates of any load before an engine uses them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.generators import MAX_DURATION_S, MAX_RATE_RPS
from ipagym.workload.protocol import Workload

MEANT = "the name of a workload, an object with name, duration_s and rates_rps, or a list of rates, one per second"


@dataclass(frozen=True, kw_only=True, slots=True)
class GivenRates:
    """A load of given rates, in requests per second. `digest` identifies them."""

    origin: ClassVar[str] = "given as a list"
    rates: tuple[float, ...] = field(repr=False)
    name: str = "given rates"
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        _check(np.array(self.rates, dtype=np.float64), len(self.rates), self.name)
        object.__setattr__(self, "digest", sha256(repr(self.rates).encode()).hexdigest()[:16])

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return len(self.rates)

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        return np.array(self.rates, dtype=np.float64)


def as_workload(given: object) -> Workload:
    """The load that a user gives: a list of rates becomes `GivenRates`.

    Raises:
        InputError: it is neither a workload nor a list, or its length is not a number of seconds.
    """
    if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str | bytes):
        return GivenRates(rates=tuple(_numbers(given, "given rates").tolist()))
    if not (hasattr(given, "name") and hasattr(given, "duration_s") and callable(getattr(given, "rates_rps", None))):
        raise InputError(f"workload must be {MEANT}, not {_short(given)}")
    length = given.duration_s
    if not isinstance(length, int | np.integer) or not 1 <= length <= MAX_DURATION_S:
        raise InputError(
            f"duration_s of workload {given.name} must be a whole number in 1..{MAX_DURATION_S}, not {_short(length)}"
        )
    return given  # type: ignore[return-value]


def checked_rates(load: Workload, rng: np.random.Generator) -> NDArray[np.float64]:
    """The checked rates of an episode, in requests per second, shape (duration_s,).

    Raises:
        InputError: their number is not that of the load's seconds, or one is not a valid rate.
    """
    rates = _numbers(load.rates_rps(rng), f"workload {load.name}")
    _check(rates, load.duration_s, f"workload {load.name}")
    return rates


def _numbers(given: object, what: str) -> NDArray[np.float64]:
    try:
        return np.array(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{what} must be a list of numbers, requests per second, one for each second") from None


def _check(rates: NDArray[np.float64], duration_s: int, what: str) -> None:
    if rates.shape != (duration_s,) or not duration_s:
        raise InputError(
            f"{what} must have one rate for each of its {duration_s} seconds, and one second at least; "
            f"there are {' x '.join(map(str, rates.shape)) or 'not any'}"
        )
    wrong = np.flatnonzero(~((rates >= 0) & (rates <= MAX_RATE_RPS)))
    if wrong.size:
        raise InputError(
            f"{what} must have rates in 0..{MAX_RATE_RPS:g} requests per second, not {rates[wrong[0]]} "
            f"in second {wrong[0]}"
        )


def _short(given: object) -> str:
    return f"{type(given).__name__} {given!r}"[:60]
