"""Workload files of all supported formats, read as a rate for every second."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import file_digest
from os import fspath
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.system.files import is_file
from ipagym.workload.generators import MAX_RATE_RPS
from ipagym.workload.recorded import plain, sums, times
from ipagym.workload.recorded.binning import Series, rates_rps, series, timeline
from ipagym.workload.recorded.containers import json_lines_table, parquet_table
from ipagym.workload.recorded.delimited import delimited_table, sample
from ipagym.workload.recorded.documents import read_document
from ipagym.workload.recorded.load import FileLoad, Source
from ipagym.workload.recorded.options import GENERIC, UNITS_S, ReadOptions
from ipagym.workload.recorded.sniff import SAMPLE_CHARACTERS, sniffed
from ipagym.workload.recorded.tables import Found, Table, read_table
from ipagym.workload.recorded.unpacking import Opener, unpacked

PARQUET = b"PAR1"
WITHOUT_COLUMNS = ("counts", "rates", "prometheus", "wikimedia-rest")


def read_workload(
    path: str | Path,
    *,
    format: str = "auto",
    unit: str | None = None,
    column: str | None = None,
    start: int = 0,
    duration: int | None = None,
    scale: float = 1.0,
) -> FileLoad:
    """The load that a file holds: counts, rates, timestamps, the output of a load tester, a public data set.

    The format is detected from the content; `format` gives it if detection is not possible. `unit` is the unit of
    numeric timestamps, or the time that one count covers. `column` is the column to read. `start` and `duration` cut
    seconds out of the load, and `scale` multiplies its rates. Timestamps become counts per second; the time of day does
    not matter.

    Raises:
        InputError: the file cannot be read with these options; one line names it, the place and the remedy.
    """
    options = ReadOptions(format=format, unit=unit, column=column, start_s=start, duration_s=duration, scale=scale)
    return load_of(Path(fspath(path)), options)


def load_of(path: Path, options: ReadOptions) -> FileLoad:
    """The load in a file, read with these options.

    Raises:
        InputError: the file is missing or damaged, or cannot be read with these options.
    """
    if not is_file(path):
        raise InputError(f"no trace file {path}: give the path of a file, or the name of a workload (`ipagym list`)")
    try:
        return _load_of(path, path.stat().st_mtime_ns, options)
    except InputError as error:
        told = str(error)
        raise error if str(path) in told else InputError(f"{path}: {told}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): give the path of a text file") from None


@lru_cache(maxsize=4)
def _load_of(path: Path, mtime_ns: int, options: ReadOptions) -> FileLoad:
    found = _found(unpacked(path), path, options)
    _check_asked(found, options)
    rates = rates_rps(found.values, options) * options.scale
    wrong = np.flatnonzero(~(rates <= MAX_RATE_RPS))
    if wrong.size:
        raise InputError(
            f"its rate in second {wrong[0]} is {rates[wrong[0]]:g} requests per second, above {MAX_RATE_RPS:g}: give "
            "the unit (?unit=ms) or the format of its numbers (?format=timestamps), or a ?scale="
        )
    with path.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    source = Source(
        file=path.name, sha256=digest, format=found.format, rows=found.rows, duration_s=len(rates),
        mean_rps=float(rates.mean()), peak_rps=float(rates.max()),
    )  # fmt: skip
    end = options.start_s + len(rates)
    return FileLoad(name=f"trace {path.name} {options.start_s}-{end}", source=source, rates=rates)


def _check_asked(found: Found, options: ReadOptions) -> None:
    """Refuse options that had no effect."""
    if options.format not in ("auto", *GENERIC, found.format):
        raise InputError(f"it is {found.format}, not {options.format}: leave the format out")
    if options.column is not None and found.format in WITHOUT_COLUMNS:
        raise InputError(f"it is {found.format}, which has no column {options.column}: leave the column out")


def _found(opener: Opener, path: Path, options: ReadOptions) -> Found:
    with opener() as file:
        is_parquet = file.read(len(PARQUET)) == PARQUET
    if is_parquet:
        return read_table(parquet_table(opener, path), options)
    first = sample(opener, path, SAMPLE_CHARACTERS)
    kind = sniffed(first, path, options, is_whole=sum(map(len, first)) + len(first) - 1 < SAMPLE_CHARACTERS)
    if kind.dialect is not None:
        return _table_reader(kind.dialect.columns)(delimited_table(opener, path, kind.dialect), options)
    if kind.kind == "json lines":
        return read_table(json_lines_table(opener, path), options)
    if kind.kind == "document":
        return read_document(opener, path, options)
    return _plain(opener, path, options, are_times=kind.kind == "times")


def _table_reader(columns: Sequence[str]) -> Callable[[Table, ReadOptions], Found]:
    names = list(columns)
    if names == list(sums.PAGEVIEWS):
        return sums.read_pageviews
    return sums.read_by_minute if sums.is_by_minute(names) else read_table


def _plain(opener: Opener, path: Path, options: ReadOptions, *, are_times: bool) -> Found:
    """Numbers without column names: counts, or timestamps if they are that large or `format` says so."""
    blocks = plain.numbers(opener, path)
    if options.format == "timestamps" or (are_times and options.format == "auto"):
        return _times(blocks, options)
    width_s = UNITS_S[options.unit or "second"]
    if width_s < 1:
        raise InputError(f"?unit={options.unit} of counts must be second, minute, hour or day")
    values = series(blocks, round(width_s), options)
    if options.format == "rates":
        values = Series(values.values * width_s, round(width_s))
    return Found("rates" if options.format == "rates" else "counts", len(values.values), values)


def _times(blocks: Iterable[NDArray[np.float64]], options: ReadOptions) -> Found:
    """Timestamps since 1970 or since the start, one per request."""
    rows, unit = 0, options.unit

    def chunks() -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        nonlocal rows, unit
        for block in blocks:
            column = pd.Series(block)
            unit = unit or times.unit_of(column)
            try:
                yield times.seconds(column, unit, guessed=options.unit is None), np.ones(len(block))
            except times.WrongCell as wrong:
                raise InputError(f"number {rows + wrong.row + 1}: {wrong.token} {wrong.wrong}") from None
            rows += len(block)

    found = timeline(chunks(), "requests")
    return Found("timestamps", rows, found)
