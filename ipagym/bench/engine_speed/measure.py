"""Speeds side by side: medians over rounds in which every contender has its turn, so that noise hits all alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

Progress = Callable[[str, int, int], None]
"""Told what is measured, how many measurements of it are done, and how many there are."""


class Sample(NamedTuple):
    """One measurement: per second of wall time and, where it was taken, per second of processor time."""

    per_s: float
    per_core_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Contender:
    """A thing to measure: a function of the round's number; without one, `note` says why it does not take part."""

    name: str
    measure: Callable[[int], Sample] | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """The speed of one contender in `unit`; median, lowest and highest over the rounds.

    The ratios are medians over the rounds of this speed by that of the reference in the same round. Figures that were
    not measured are none.
    """

    model: str
    contender: str
    rate_rps: float
    unit: str
    median: float | None = None
    low: float | None = None
    high: float | None = None
    per_core: float | None = None
    times_simpy: float | None = None
    times_rival: float | None = None
    rival: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """Contenders on one model at one rate. `simpy` and `rival` name the references among them."""

    model: str
    rate_rps: float
    unit: str
    contenders: Sequence[Contender]
    simpy: str
    rival: str


def race(field: Field, repeats: int, progress: Progress) -> list[Row]:
    """A row for each contender; a round ahead of the `repeats` that count warms everything up."""
    taking_part = [contender for contender in field.contenders if contender.measure]
    samples: dict[str, list[Sample]] = {contender.name: [] for contender in field.contenders}
    total, done = (repeats + 1) * len(taking_part), 0
    for turn in range(repeats + 1):
        for contender in taking_part:
            assert contender.measure is not None
            progress(f"{field.model}, {field.rate_rps:g} rps: {contender.name}", done, total)
            sample = contender.measure(turn)
            done += 1
            if turn:
                samples[contender.name].append(sample)
    return [_row(field, contender, samples) for contender in field.contenders]


def _row(field: Field, contender: Contender, samples: dict[str, list[Sample]]) -> Row:
    own = samples[contender.name]
    speeds = [sample.per_s for sample in own]
    by_core = [sample.per_core_s for sample in own if sample.per_core_s is not None]
    return Row(
        model=field.model,
        contender=contender.name,
        rate_rps=field.rate_rps,
        unit=field.unit,
        median=median(speeds) if speeds else None,
        low=min(speeds, default=None),
        high=max(speeds, default=None),
        per_core=median(by_core) if by_core else None,
        times_simpy=_ratio(own, samples[field.simpy]),
        times_rival=_ratio(own, samples[field.rival]),
        rival=field.rival,
        note=contender.note,
    )


def _ratio(own: Sequence[Sample], reference: Sequence[Sample]) -> float | None:
    if not own or not reference:
        return None
    return median(mine.per_s / theirs.per_s for mine, theirs in zip(own, reference, strict=True))
