"""Delimited text as a table, with any delimiter, and with a header or known column names."""

import csv
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, cast

import pandas as pd

from ipagym.system.errors import InputError
from ipagym.workload.recorded.tables import Table
from ipagym.workload.recorded.text import Guarded, is_record, line_of_record, opened_text
from ipagym.workload.recorded.unpacking import Opener

CHUNK_CHARACTERS = 8_000_000
MOST_ROWS, FEWEST_ROWS = 200_000, 100
MOST_COLUMNS = 10_000
FIRST_ROWS = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """The format of a text: the delimiter (None for white space), the columns, and whether it has a header."""

    delimiter: str | None
    columns: Sequence[str]
    has_header: bool
    usual_line: int
    quoted: bool = True


def header(line: str, delimiter: str | None) -> list[str]:
    """The names in a header line, each once: a second column of a name gets a number."""
    parts = line.split() if delimiter is None else next(csv.reader([line], delimiter=delimiter), [])
    names: dict[str, None] = {}
    last: Counter[str] = Counter()
    for name in (part.strip() for part in parts):
        other = name
        while other in names:  # seldom more than once: the count goes on from the last number of the name
            last[name] += 1
            other = f"{name}.{last[name] + 1}"
        names[other] = None
    return list(names)


def delimited_table(opener: Opener, path: Path, dialect: Dialect) -> Table:
    """The table in a text.

    Raises:
        InputError: it has too many columns, or rows of several lengths.
    """
    if len(dialect.columns) > MOST_COLUMNS:
        raise InputError(f"{path} has more than {MOST_COLUMNS} columns: leave those that are needed")

    def frames(columns: list[str] | None) -> Iterator[pd.DataFrame]:
        return _frames(opener, path, dialect, columns)

    first = next(frames(None), pd.DataFrame(columns=list(dialect.columns))).head(FIRST_ROWS)
    return Table(
        path, dialect.columns, first, frames, lambda row: line_of_record(opener, path, row + dialect.has_header)
    )


def _frames(opener: Opener, path: Path, dialect: Dialect, columns: list[str] | None) -> Iterator[pd.DataFrame]:
    rows = max(FEWEST_ROWS, min(MOST_ROWS, CHUNK_CHARACTERS // max(1, dialect.usual_line)))
    with opened_text(opener) as text, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        before = _skip(Guarded(text, path), path, has_header=dialect.has_header)
        try:
            # All columns are read: with some of them, pandas would take rows that are too long.
            for frame in pd.read_csv(cast(TextIO, Guarded(text, path)), chunksize=rows, **_settings(dialect)):
                yield frame if columns is None else frame[list(dict.fromkeys(columns))]
        except pd.errors.EmptyDataError:
            return
        except pd.errors.ParserError as error:
            raise InputError(f"{path}: {_told(str(error), before)}: write a line for each row") from None
        except pd.errors.ParserWarning:
            raise InputError(
                f"{path}, line {before + 1}: it has more values than the header has names: name every column"
            ) from None


def _settings(dialect: Dialect) -> dict[str, Any]:
    separator = {"sep": r"\s+"} if dialect.delimiter is None else {"sep": dialect.delimiter}
    return {
        **separator, "names": list(dialect.columns), "header": None, "index_col": False, "dtype": "str",
        "na_filter": False, "quoting": csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE,
    }  # fmt: skip


def _skip(text: Guarded, path: Path, *, has_header: bool) -> int:
    """Read on to the first row; the lines passed over."""
    if not has_header:
        return 0
    for number, line in enumerate(text, 1):
        if is_record(line):
            return number
    return 0


def _told(message: str, before: int) -> str:
    """Pandas' error message in few words, with the line counted from the beginning of the file."""
    words = message.split("C error: ")[-1].strip()
    head, mark, tail = words.partition(" in line ")
    number, comma, rest = tail.partition(",")
    if mark and number.strip().isdigit():
        return f"line {int(number) + before}: {head.lower()}{comma}{rest}"
    return words


def sample(opener: Opener, path: Path, size: int) -> list[str]:
    """The first lines, so many characters of them; the last may be cut."""
    with opened_text(opener) as text:
        return text.read(size).split("\n")
