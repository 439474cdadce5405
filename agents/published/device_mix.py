"""Variants on a fixed number of devices: the most accurate mix that carries a load (Proteus, Loki, Jellyfish)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ipagym.optimize.problem import TOLERANCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """The capacity of one device that runs a variant at a batch: requests per second, and their accuracy."""

    variant: str
    batch: int
    rps: float
    accuracy: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """Devices for one option or two, and the share of the load that each takes."""

    parts: tuple[tuple[Option, int, float], ...]
    accuracy: float
    rps: float


def most_accurate_mix(options: Sequence[Option], devices: int, rate_rps: float, *, kinds: int) -> Mix | None:
    """The mix of at most `kinds` options (1 or 2) with the highest mean accuracy over requests; None if none carries
    the load. The more accurate option takes as many requests as it can. Two options are enough: a linear program with
    two constraints (devices and load) has an optimum with at most two.
    """
    mixes = (mix for mix in _mixes(options, devices, rate_rps, kinds) if mix.rps >= rate_rps * (1 - TOLERANCE))
    return max(mixes, key=lambda mix: (mix.accuracy, mix.rps), default=None)


def largest_mix(options: Sequence[Option], devices: int) -> Mix:
    """All devices for the option of highest throughput."""
    best = max(options, key=lambda option: (option.rps, option.accuracy))
    return Mix(parts=((best, devices, 1.0),), accuracy=best.accuracy, rps=devices * best.rps)


def _mixes(options: Sequence[Option], devices: int, rate_rps: float, kinds: int) -> Iterator[Mix]:
    for option in options:
        yield Mix(parts=((option, devices, 1.0),), accuracy=option.accuracy, rps=devices * option.rps)
    if kinds < 2 or rate_rps <= 0:
        return
    for better in options:
        for other in options:
            if other.accuracy < better.accuracy and other.rps > better.rps:
                yield from _pairs(better, other, devices, rate_rps)


def _pairs(better: Option, other: Option, devices: int, rate_rps: float) -> Iterator[Mix]:
    for number in range(1, devices):
        share = min(1.0, number * better.rps / rate_rps)
        if share < 1:
            yield Mix(
                parts=((better, number, share), (other, devices - number, 1 - share)),
                accuracy=share * better.accuracy + (1 - share) * other.accuracy,
                rps=number * better.rps + (devices - number) * other.rps,
            )
