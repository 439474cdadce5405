"""Columns of text or numbers as whole seconds and as rates; invalid values are reported with their place."""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.workload.recorded.options import UNITS_S

Column: TypeAlias = "pd.Series[Any]"
Seconds = NDArray[np.int64]
Values = NDArray[np.float64]

ISO = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?\s*(Z|[+-]\d\d(:?\d\d)?)?)?"
TIME = "is no time: write ISO 8601 or a number of seconds, milliseconds, microseconds or nanoseconds since 1970"
NUMBER = "is no count or rate: write a number of 0 or more, in plain digits"
TIMES_AS_NUMBERS = "is a time, no count or rate: say with ?column=NAME&format=timestamps that each row is a request"
LAST_S = 253_402_300_800
"""The end of the year 9999, in seconds since 1970."""

OF_NUMPY = {"ns": "ns", "us": "us", "ms": "ms", "s": "second"}
"""The units of numpy's dates, by the names they have here."""

MAGNITUDES = (("ns", 1e17), ("us", 1e14), ("ms", 1e11))
"""Thresholds above which a time since 1970 is read in these units; smaller ones are seconds."""


@dataclass(frozen=True, slots=True)
class WrongCell(Exception):
    """A value that cannot be used: its row in the column, and what is wrong with it."""

    row: int
    token: str
    wrong: str


def numbers(column: Column) -> Values:
    """The values, all finite and 0 or more.

    Raises:
        WrongCell: one is not.
    """
    values = _to_numeric(column)
    wrong = np.flatnonzero(~((values >= 0) & (values < np.inf)))
    if wrong.size:
        cell = _cell(column, int(wrong[0]), NUMBER)
        raise WrongCell(cell.row, cell.token, TIMES_AS_NUMBERS if re.fullmatch(ISO, cell.token) else NUMBER)
    return values.astype(np.float64)


def unit_of(column: Column) -> str | None:
    """The unit of numeric times since 1970, detected from the first one; None for ISO 8601."""
    if not len(column) or not _is_numeric(column):
        return None
    first = float(_to_numeric(column.iloc[:1])[0])
    return next((unit for unit, least in MAGNITUDES if first >= least), "second")


def seconds(column: Column, unit: str | None, *, guessed: bool, less_s: Values | None = None) -> Seconds:
    """The second of each time, rounded down, `less_s` earlier; `unit` is that of numbers, guessed or known.

    Raises:
        WrongCell: one is no time, or no number of the same magnitude as the others where their unit is guessed.
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _of_datetimes(column, less_s)
    if unit is None:
        return _of_iso(column, less_s)
    values = _to_numeric(column)
    factor_s = UNITS_S[unit]
    if guessed:
        _check_magnitude(column, values, unit)
    wrong = np.flatnonzero(~((values >= 0) & (values * factor_s < LAST_S)))
    if wrong.size:
        raise _cell(column, int(wrong[0]), TIME)
    if less_s is not None:
        return np.floor(values * factor_s - less_s).astype(np.int64)
    if values.dtype.kind in "iu" and factor_s < 1:
        return values.astype(np.int64) // round(1 / factor_s)
    # Decimal fractions times 10^-3 may fall a hair below the second that they mean.
    return np.floor(values / round(1 / factor_s) if factor_s < 1 else values * factor_s).astype(np.int64)


def _check_magnitude(column: Column, values: Values, unit: str) -> None:
    least = dict(MAGNITUDES).get(unit, 0.0)
    most = min((bound for _, bound in MAGNITUDES if bound > least), default=np.inf)
    wrong = np.flatnonzero((values < least) | (values >= most))
    if wrong.size and values[wrong[0]] >= 0:
        raise _cell(column, int(wrong[0]), f"is in another unit than the times before it ({unit}): write all in one")


def _of_iso(column: Column, less_s: Values | None) -> Seconds:
    text = column.astype("str").str.strip()
    wrong = np.flatnonzero(~text.str.fullmatch(ISO).to_numpy(dtype=np.bool_, na_value=False))
    if wrong.size:
        raise _cell(column, int(wrong[0]), TIME)
    times = pd.to_datetime(text, format="ISO8601", utc=True, errors="coerce")
    wrong = np.flatnonzero(times.isna().to_numpy())
    if wrong.size:
        raise _cell(column, int(wrong[0]), "is no date from 1678 to 2261")
    return _of_datetimes(times, less_s)


def _of_datetimes(times: Column, less_s: Values | None) -> Seconds:
    missing = np.flatnonzero(times.isna().to_numpy())
    if missing.size:
        raise WrongCell(int(missing[0]), "", TIME)
    whole = times if times.dt.tz is None else times.dt.tz_convert(None)
    values = whole.to_numpy()
    in_second = round(1 / UNITS_S[OF_NUMPY[np.datetime_data(values.dtype)[0]]])
    ticks = values.astype(np.int64)
    return np.floor(ticks / in_second - less_s).astype(np.int64) if less_s is not None else ticks // in_second


def is_written_out(column: Column) -> bool:
    """True for dates, by the first value: what is neither date nor number is then told to be no number."""
    return not _is_numeric(column)


def _is_numeric(column: Column) -> bool:
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return False
    first = str(column.iloc[0]).strip()
    return not ("-" in first[1:] and "e" not in first.lower()) and ":" not in first


def _to_numeric(column: Column) -> NDArray[np.float64]:
    return np.asarray(pd.to_numeric(column, errors="coerce"))


def _cell(column: Column, row: int, wrong: str) -> WrongCell:
    value = column.iloc[row]
    return WrongCell(row, value if isinstance(value, str) else f"{value:.15g}", wrong)
