"""JSON lines, lists of objects, and Parquet as tables."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ipagym.system.errors import InputError
from ipagym.workload.recorded.tables import Table
from ipagym.workload.recorded.text import at, is_record, line_of_record, lines, opened_text
from ipagym.workload.recorded.unpacking import MOST_TIMES, Opener

ROWS_AT_ONCE = 50_000
FIRST_ROWS = 1000
ALWAYS_ALLOWED_ROWS = 20_000_000
MOST_COLUMN_BYTES = 1_000_000_000
Record = Mapping[str, Any]


def json_lines_table(opener: Opener, path: Path) -> Table:
    """The table of a file with a JSON object on every line.

    Raises:
        InputError: a line holds something else.
    """
    first = list(islice(_records(opener, path), FIRST_ROWS))
    columns = list(dict.fromkeys(name for record in first for name in record))

    def frames(wanted: list[str] | None) -> Iterator[pd.DataFrame]:
        records = _records(opener, path)
        while rows := list(islice(records, ROWS_AT_ONCE)):
            yield frame_of(rows, columns if wanted is None else wanted)

    return Table(path, columns, frame_of(first, columns), frames, lambda row: line_of_record(opener, path, row))


def objects_table(records: Sequence[Record], path: Path) -> Table:
    """The table of a list of objects."""
    columns = list(dict.fromkeys(name for record in records for name in record))

    def frames(wanted: list[str] | None) -> Iterator[pd.DataFrame]:
        yield frame_of(records, columns if wanted is None else wanted)

    return Table(path, columns, frame_of(records[:FIRST_ROWS], columns), frames, lambda row: f"item {row + 1}")


def frame_of(records: Sequence[Record], columns: Sequence[str]) -> pd.DataFrame:
    """The records as a table of texts; missing values are empty."""
    return pd.DataFrame({name: pd.Series([_text(each.get(name)) for each in records], dtype="str") for name in columns})


def parquet_table(opener: Opener, path: Path) -> Table:
    """The table in a Parquet file.

    Raises:
        InputError: it is damaged, packed, or holds more rows than a file of its size has.
    """

    def frames(wanted: list[str] | None) -> Iterator[pd.DataFrame]:
        with _parquet(opener, path) as file:
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=wanted):
                yield _plain(batch.replace_schema_metadata(None).to_pandas())

    with _parquet(opener, path) as file:
        columns = [str(name) for name in file.schema_arrow.names]
        if len(set(columns)) < len(columns):
            raise InputError(f"{path} has two columns of one name: write it again")
        most = max(ALWAYS_ALLOWED_ROWS, MOST_TIMES * path.stat().st_size)
        sizes = [
            file.metadata.row_group(group).column(column).total_uncompressed_size
            for group in range(file.metadata.num_row_groups)
            for column in range(file.metadata.num_columns)
        ]
        if file.metadata.num_rows > most or max(sizes, default=0) > MOST_COLUMN_BYTES:
            raise InputError(f"{path} holds {file.metadata.num_rows} rows, too many for its size: write it again")
    return Table(path, columns, pd.DataFrame(columns=columns), frames, lambda row: f"row {row + 1}")


@contextmanager
def _parquet(opener: Opener, path: Path) -> Iterator[pq.ParquetFile]:
    with opener() as stream:
        if not stream.seekable():
            raise InputError(f"{path} is a Parquet file within another: unpack it, and give the file within")
        try:
            yield pq.ParquetFile(stream)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            words = str(error).split("\n")[0]
            raise InputError(f"{path} is a damaged Parquet file ({words[:200]}): write it again") from None


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with numbers and dates unchanged, and all other values as text."""
    for name in frame.columns:
        column = frame[name]
        is_fit = pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype)
        if not is_fit or pd.api.types.is_bool_dtype(column.dtype):
            frame[name] = column.astype("str")
    return frame


def _records(opener: Opener, path: Path) -> Iterator[Record]:
    with opened_text(opener) as text:
        for number, line in enumerate(lines(text, path), 1):
            if is_record(line):
                yield _flat(_parsed(line, path, number))


def _parsed(line: str, path: Path, number: int) -> Record:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise at(path, f"line {number}", line.strip(), "is no JSON object")
    return content


def _flat(record: Record) -> Record:
    """A record of k6's JSON output with the columns of its CSV output; other records are unchanged."""
    data = record.get("data")
    if "metric" not in record or not isinstance(data, dict):
        return record
    point = record["metric"] if record.get("type") == "Point" else ""
    return {"metric_name": point, "timestamp": data.get("time"), "metric_value": data.get("value")}


def _text(value: object) -> str:
    return "" if value is None else str(value)
