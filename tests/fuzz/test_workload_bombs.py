"""Workload files that would take far more memory or time than they are long."""

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.fuzz.bombs import header, repeated
from tests.fuzz.limited import LONGEST_S, feed, feed_all

MILLION = 1_000_000
MOST_BYTES = 400_000_000


def zipped(block: bytes, times: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("load.txt", "w") as file:
        for _ in range(times):
            file.write(block)
    return buffer.getvalue()


def long_run() -> bytes:
    """A Parquet column of one value, many times."""
    buffer = io.BytesIO()
    schema = pa.schema([("ts", pa.int64())])
    with pq.ParquetWriter(buffer, schema, compression="zstd") as writer:
        for _ in range(30):
            writer.write_table(pa.table({"ts": np.full(MILLION, 1700000000)}, schema=schema))
    return buffer.getvalue()


BOMBS: dict[str, Callable[[], bytes]] = {
    "gaps, bzip2": lambda: repeated(b"5", b" " * MILLION, 2000),
    "one long number, bzip2": lambda: repeated(b"", b"1" * MILLION, 96),
    "one long line of text": lambda: repeated(b"time,count\n0,", b"x" * MILLION, 96),
    "columns without end": lambda: repeated(b"time,count\n0,5\n", b"," * MILLION, 96),
    "a header of columns": lambda: repeated(b"time,count", b",a" * MILLION, 20),
    "json without end": lambda: repeated(b"[", b"[" * MILLION, 150),
    "a json line without end": lambda: repeated(b'{"ts": 1, "rps": 2}\n{"ts": "', b"1" * MILLION, 96),
    "gzip in bzip2": lambda: bz2.compress(gzip.compress(bytes(110 * MILLION))),
    "a large member": lambda: repeated(header("load.txt", 2000 * MILLION), b"5 " * (MILLION // 2), 2000),
    "empty members": lambda: repeated(b"", header("x", 0) * 20_000, 200),
    "zip": lambda: zipped(b" " * MILLION, 110),
    "a long run of Parquet": long_run,
}


def test_files_are_refused_before_they_unpack(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in BOMBS]
    for path in paths:
        path.write_bytes(BOMBS[path.name]())
        assert path.stat().st_size < 400_000
    for path, answer in zip(paths, feed_all("workload", paths), strict=True):
        assert answer.outcome == "refused", (path.name, answer)
        assert answer.peak_bytes < MOST_BYTES, path.name
        assert answer.seconds < LONGEST_S, path.name
        assert "\n" not in answer.message


def test_many_times_take_memory_by_their_seconds(tmp_path: Path) -> None:
    path = tmp_path / "load.gz"
    text = "".join(f"{1_700_000_000 + i % 1000}.25\n" for i in range(100_000)).encode()
    path.write_bytes(gzip.compress(text) * 10)
    answer = feed("workload", path)
    assert answer.outcome == "taken", answer
    assert answer.peak_bytes < 150_000_000
