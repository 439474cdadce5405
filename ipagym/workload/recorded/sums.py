"""Tables whose rows are summed: each row has a function or a page with its counts by minute or hour."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.recorded import times
from ipagym.workload.recorded.binning import Series
from ipagym.workload.recorded.options import ReadOptions
from ipagym.workload.recorded.tables import Found, Table
from ipagym.workload.recorded.text import at

MINUTE_S, HOUR_S = 60, 3600
FUNCTION = ("HashOwner", "HashApp", "HashFunction")
PAGEVIEWS = ("domain_code", "page_title", "count_views", "total_response_size")


def is_by_minute(columns: list[str]) -> bool:
    """True for Azure's functions of 2019: hashes, then the minutes of a day by number."""
    return columns[:3] == list(FUNCTION) and bool(_minutes(columns))


def read_by_minute(table: Table, options: ReadOptions) -> Found:
    """Azure Functions 2019: the invocations of all functions, or of those of one trigger (`column=http`), by minute."""
    minutes = _minutes(table.columns)
    if not minutes:
        raise InputError("it has no columns 1, 2, 3 and so on of invocations by minute")
    if options.column is not None and "Trigger" not in table.columns:
        raise InputError(f"it has no column Trigger, so that none is {options.column}: leave the column out")
    total, rows = np.zeros(len(minutes)), 0
    wanted = minutes if options.column is None else [*minutes, "Trigger"]
    for before, frame in _numbered(table, wanted):
        kept = frame if options.column is None else frame[frame["Trigger"] == options.column]
        total += _values(kept[minutes], table, before).sum(axis=0)
        rows += len(kept)
    if not rows:
        raise InputError(f"it holds no functions{'' if options.column is None else f' of trigger {options.column}'}")
    return Found("azure-functions-2019", rows, Series(total, MINUTE_S))


def read_pageviews(table: Table, options: ReadOptions) -> Found:
    """Wikipedia's page views of an hour, of all projects or of one (`column=en`), as a constant rate."""
    total, rows = 0.0, 0
    for before, frame in _numbered(table, list(PAGEVIEWS)):
        kept = frame if options.column is None else frame[frame["domain_code"] == options.column]
        total += float(_values(kept[["count_views"]], table, before).sum())
        rows += len(kept)
    if not rows:
        raise InputError(f"it holds no views{'' if options.column is None else f' of {options.column}'}")
    return Found("wikipedia-pageviews", rows, Series(np.array([total]), HOUR_S))


def _minutes(columns: Sequence[str]) -> list[str]:
    """The columns 1, 2 and so on, as far as they go."""
    known = set(columns)
    names: list[str] = []
    while str(len(names) + 1) in known:
        names.append(str(len(names) + 1))
    return names


def _numbered(table: Table, columns: list[str]) -> Iterator[tuple[int, pd.DataFrame]]:
    """The pieces that have rows, each with what makes numbers of rows in the file of those in its index."""
    before = 0
    for frame in filter(len, table.frames(columns)):
        yield before - int(frame.index[0]), frame
        before += len(frame)


def _values(frame: pd.DataFrame, table: Table, before: int) -> NDArray[np.float64]:
    """The cells, row by row."""
    try:
        return times.numbers(pd.Series(frame.to_numpy().ravel(), dtype="str")).reshape(frame.shape)
    except times.WrongCell as wrong:
        row = before + int(frame.index[wrong.row // frame.shape[1]])
        raise at(table.path, table.place(row), wrong.token, wrong.wrong) from None
