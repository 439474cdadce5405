"""The content of a file as a rate for every second: values in order, or totals at times in any order."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.generators import MAX_DURATION_S
from ipagym.workload.recorded.options import ReadOptions

Meaning = Literal["requests", "counts", "rates", "summed rates"]
"""The meaning of the value at a time: requests in that second; a count until the next time, evenly spaced; or the rate
from then on (of several values the mean, or their sum).
"""

MOST_BINS = MAX_DURATION_S
MERGE_AT = 2_000_000
"""Bins that wait to be merged; memory is bounded by these and the distinct seconds of the file."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values in order, each the requests of `width_s` seconds."""

    values: NDArray[np.float64]
    width_s: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Sums and numbers of values by second, in ascending order; a single value covers `alone_s`."""

    second: NDArray[np.int64]
    total: NDArray[np.float64]
    number: NDArray[np.int64]
    meaning: Meaning
    alone_s: int = 1


Chunk = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Seconds and the values at them, in any order."""


def timeline(chunks: Iterable[Chunk], meaning: Meaning) -> Timeline:
    """All chunks summed by second.

    Raises:
        InputError: there are more distinct seconds than a load may have.
    """
    merged, waiting, size = _empty(meaning), [], 0
    for second, value in chunks:
        waiting.append(_summed(second, value, np.ones(len(second), dtype=np.int64), meaning))
        size += len(waiting[-1].second)
        if size > MERGE_AT:
            merged, waiting, size = _merged([merged, *waiting], meaning), [], 0
    return _merged([merged, *waiting], meaning)


def series(chunks: Iterable[NDArray[np.float64]], width_s: int, options: ReadOptions) -> Series:
    """All values in order, limited to the range of the options.

    Raises:
        InputError: there are more values than the seconds a load may have.
    """
    wanted = None if options.duration_s is None else -(-(options.start_s + options.duration_s) // width_s)
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if wanted is not None and size >= wanted:
            break
        if size > MOST_BINS:
            raise InputError(f"it holds more than {MOST_BINS} seconds: take a part with ?duration=SECONDS")
    return Series(np.concatenate([np.zeros(0), *parts])[:wanted], width_s)


def rates_rps(found: Series | Timeline, options: ReadOptions) -> NDArray[np.float64]:
    """The rates of the requested seconds, before scaling, shape (duration_s,). A load begins with the second of the
    earliest time. Missing counts are 0; a rate holds until the next one.

    Raises:
        InputError: there are no such seconds, too many, or counts are not evenly spaced.
    """
    whole_s = len(found.values) * found.width_s if isinstance(found, Series) else _length_s(found)
    if not whole_s:
        raise InputError("it is empty: it must hold at least one number or time")
    start, end = options.start_s, whole_s
    if options.duration_s is not None:
        end = start + options.duration_s
    if not start < end <= whole_s:
        raise InputError(f"seconds {start}-{end} are not in it: it has 0-{whole_s}")
    if end - start > MAX_DURATION_S:
        raise InputError(
            f"its times are {whole_s} s apart, more than the {MAX_DURATION_S} allowed: take a part with "
            "?start=SECONDS&duration=SECONDS, or give their unit (?unit=ms)"
        )
    return _repeated(found, start, end) if isinstance(found, Series) else _laid_out(found, start, end)


def _repeated(found: Series, start: int, end: int) -> NDArray[np.float64]:
    first, last = start // found.width_s, -(-end // found.width_s)
    rates = np.repeat(found.values[first:last] / found.width_s, found.width_s)
    return rates[start - first * found.width_s :][: end - start]


def _length_s(found: Timeline) -> int:
    if not len(found.second):
        return 0
    return int(found.second[-1] - found.second[0]) + step_s(found)


def step_s(found: Timeline) -> int:
    """Seconds that a value stands for: the smallest distance of two times; one second for requests.

    Raises:
        InputError: counts do not lie at multiples of it.
    """
    gaps = np.diff(found.second)
    if found.meaning == "requests":
        return 1
    if not gaps.size:
        return found.alone_s
    step = int(gaps.min())
    if found.meaning == "counts" and (gaps % step).any():
        wrong = int(np.flatnonzero(gaps % step)[0])
        raise InputError(
            f"its counts are not evenly spaced ({step} s in places, {int(gaps[wrong])} s in another): give the column "
            "of rates, or ?format=rates or timestamps"
        )
    return step


def _laid_out(found: Timeline, start: int, end: int) -> NDArray[np.float64]:
    step = step_s(found)
    values = found.total / found.number if found.meaning == "rates" else found.total
    at = found.second - found.second[0]
    second = np.arange(start, end)
    latest = np.searchsorted(at, second, side="right") - 1
    if "rates" in found.meaning:
        return values[latest]
    covered = second - at[latest] < step
    return np.asarray(np.where(covered, values[latest] / step, 0.0))


def _empty(meaning: Meaning) -> Timeline:
    return Timeline(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), meaning)


def _summed(
    second: NDArray[np.int64], total: NDArray[np.float64], number: NDArray[np.int64], meaning: Meaning
) -> Timeline:
    distinct, which = np.unique(second, return_inverse=True)
    size = len(distinct)
    return Timeline(
        distinct,
        np.bincount(which, weights=total, minlength=size).astype(np.float64),
        np.bincount(which, weights=number, minlength=size).astype(np.int64),
        meaning,
    )


def _merged(parts: list[Timeline], meaning: Meaning) -> Timeline:
    whole = _summed(
        np.concatenate([part.second for part in parts]),
        np.concatenate([part.total for part in parts]),
        np.concatenate([part.number for part in parts]),
        meaning,
    )
    if len(whole.second) > MOST_BINS:
        raise InputError(f"its times lie in more than {MOST_BINS} different seconds: split the file")
    return whole
