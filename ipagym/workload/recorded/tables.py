"""Tables of any container, read piece by piece: comma-separated text, JSON lines, Parquet, lists of objects."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.recorded import times
from ipagym.workload.recorded.binning import Series, Timeline, series, timeline
from ipagym.workload.recorded.layouts import Layout, layout_of
from ipagym.workload.recorded.options import UNITS_S, ReadOptions
from ipagym.workload.recorded.text import at

Frames = Callable[[list[str] | None], Iterator[pd.DataFrame]]
"""The rows piece by piece, of the columns named or of all."""

FEWEST_REGULAR = 3


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns, its first rows, a function that reads all rows, and the place of a row for messages."""

    path: Path
    columns: Sequence[str]
    first: pd.DataFrame
    frames: Frames
    place: Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Found:
    """The content of a file: the name of its format, the number of rows, and the values."""

    format: str
    rows: int
    values: Series | Timeline


def read_table(table: Table, options: ReadOptions) -> Found:
    """The load that a table holds.

    Raises:
        InputError: its columns do not determine the load, or a value is not a time or not a number.
    """
    layout = layout_of(table.columns, options, is_regular=_is_regular(table, options))
    reading = _Reading(table, layout)
    if layout.time is None:
        width_s = round(UNITS_S[layout.unit or "second"])
        values = series((value for _, value in reading.chunks()), width_s, options)
        found: Series | Timeline = values if layout.meaning == "counts" else Series(values.values * width_s, width_s)
    else:
        alone_s = max(1, round(UNITS_S[layout.unit or "second"]))
        found = replace(timeline(reading.chunks(), layout.meaning), alone_s=alone_s)
    if not reading.rows:
        raise InputError("it is empty: there are no rows below its header" + _where(layout))
    return Found(layout.format, reading.rows, found)


class _Reading:
    """The rows of a table as seconds and values, counted on the way."""

    def __init__(self, table: Table, layout: Layout) -> None:
        self.rows = 0
        self._table, self._layout = table, layout
        self._unit, self._is_guessed = layout.unit, False

    def chunks(self) -> Iterable[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        before = 0
        for frame in self._table.frames(self._layout.columns):
            kept = _kept(frame, self._layout)
            try:
                chunk = self._seconds(kept), self._values(kept)
            except times.WrongCell as wrong:
                row = before + int(kept.index[wrong.row] - frame.index[0])
                raise at(self._table.path, self._table.place(row), wrong.token, wrong.wrong) from None
            before += len(frame)
            self.rows += len(kept)
            yield chunk

    def _seconds(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        layout = self._layout
        if layout.time is None or not len(frame):
            return np.zeros(0, dtype=np.int64)
        column = frame[layout.time]
        if self._unit is None:
            self._unit = times.unit_of(column)
            self._is_guessed = self._unit is not None
        unit = None if times.is_written_out(column) else self._unit
        less_s = None if layout.less is None else times.numbers(frame[layout.less])
        return times.seconds(column, unit, guessed=self._is_guessed, less_s=less_s)

    def _values(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        value = self._layout.value
        return np.ones(len(frame)) if value is None else times.numbers(frame[value])


def _kept(frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    return frame if layout.where is None else frame[frame[layout.where].astype("str").str.strip() == layout.equals]


def _where(layout: Layout) -> str:
    return "" if layout.where is None else f" with {layout.equals} in column {layout.where} (?column= names another)"


def _is_regular(table: Table, options: ReadOptions) -> bool:
    """True where the first times of a table that is not known are evenly spaced: each row may then be a count."""
    try:
        layout = layout_of(table.columns, options, is_regular=False)
        if layout.format != "timestamps" or options.format == "timestamps" or layout.time is None:
            return False
        column = table.first[layout.time].iloc[:100]
        gaps = np.diff(times.seconds(column, layout.unit or times.unit_of(column), guessed=False))
    except (times.WrongCell, InputError):
        return False
    return len(gaps) >= FEWEST_REGULAR - 1 and gaps[0] > 0 and bool((gaps == gaps[0]).all())
