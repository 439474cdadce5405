"""Workload files and names that cannot be used: one line with the file, the place and the remedy."""

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ipagym.system.errors import InputError
from ipagym.workload import by_name
from ipagym.workload.recorded.reader import read_workload

TIMES = b"time,count\n0,5\n"
MATRIX = b'{"data": {"resultType": "matrix", "result": [%s]}}'

REFUSED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "is empty: it must hold at least one number"),
    "comments only": (b"# a\n# b\n", "is empty: it must hold at least one number"),
    "a header only": (b"time,count\n", "there are no rows below its header"),
    "binary": (b"5\n6\0\n", "line 2: it is no text"),
    "a gzip file cut": (gzip.compress(b"5 6 7" * 1000)[:30], "cannot be unpacked .*: pack it again"),
    "no bzip2 file": (b"BZhxxxxx", "cannot be unpacked .*: pack it again"),
    "no zip file": (b"PK\x03\x04zzzz", "cannot be unpacked .*: pack it again"),
    "a zip archive of nothing": (b"PK\x05\x06" + bytes(18), "is an archive of 0 files"),
    "rar": (b"Rar!xx", "is a RAR archive: unpack it"),
    "zstd": (b"\x28\xb5\x2f\xfdxx", "is compressed by zstd: unpack it"),
    "no parquet file": (b"PAR1" + bytes(100) + b"PAR1", "damaged Parquet file"),
    "negative": (TIMES + b"1,-3\n", "line 3: '-3' is no count or rate: write a number of 0 or more"),
    "not a number": (TIMES + b"1,nan\n", "line 3: 'nan' is no count"),
    "an empty cell": (TIMES + b"\n1,\n", "line 4: '' is no count"),
    "infinite": (b"5\ninf\n", "line 2: 'inf' is no count"),
    "huge": (b"5 1e400", "line 1: '1e400' is no count"),
    "huge, in a table": (TIMES + b"1,1e300\n", r"second 1 is 1e\+300 requests per second, above"),
    "a word": (b"5\n# six\nsix\n", "line 3: 'six' is no count"),
    "another format": (TIMES + b"03/01/2024 10:00,5\n", "line 3: '03/01/2024 10:00' is no time: write ISO 8601"),
    "now": (b"ts,x\nnow,1\n", "line 2: 'now' is no time"),
    "no such day": (b"ts,x\n2024-02-30,1\n", "line 2: '2024-02-30' is no date"),
    "before 1970": (b"ts,x\n-5,1\n", "line 2: '-5' is no time"),
    "seconds, then milliseconds": (b"ts,x\n1700000000,a\n1700000001000,b\n",
                                   "line 3: '1700000001000' is in another unit than the times before it"),
    "the same without a header": (b"1700000000\n1700000001000\n", "number 2: 1700000001000 is in another unit"),
    "dates, then seconds": (b"ts,x\n2024-01-01T00:00:00Z,a\n1700000001,b\n", "line 3: '1700000001' is no time"),
    "the year 9999": (b"ts,x\n2024-01-01,1\n9999-12-31,2\n", "251698147201 s apart, more than .*: take a part"),
    "two numbers a line": (b"5 6\n7 8\n9 10\n", "line 1: it has several numbers and no header: leave the counts alone"),
    "two numbers on the third": (b"5\n6\n7 8\n", "line 3: it has several numbers"),
    "three numbers a line": (b"1 2 3\n4 5 6\n", "line 1: it has several numbers"),
    "two numbers far below": (b"5\n" * 50_000 + b"7 8\n", "has lines of several numbers"),
    "uneven times": (b"time,count\n0,5\n60,5\n90,4\n170,1\n", "not evenly spaced .*: give the column of rates"),
    "rows too long": (b"time,count\n0,5,6\n", "line 2: it has more values than the header has names"),
    "a row too long": (b"time,count\n0,5\n\n1,5,6\n", "line 4: expected 2 fields, saw 3"),
    "columns of no known name": (b"foo,bar\n1,2\n", r"name one with \?column=NAME of foo, bar"),
    "times that may be counts": (b"timestamp,foo\n2024-03-01,5\n2024-03-02,9\n2024-03-03,7\n",
                                 r"name one with \?column=NAME of timestamp, foo, or take each row for a request"),
    "times that may be rates": ("\n".join(str(i + 0.5) for i in range(20)).encode(), "rise throughout: tell what"),
    "normalised rates": (b"timestamp,msname,msinstanceid,nodeid,providerrpc_mcr\n1,a,b,c,0.1\n", "normalised to 0..1"),
    "no functions": (b"HashOwner,HashApp,HashFunction,Trigger,1,2\n", "it holds no functions"),
    "names that come twice": (b"foo foo foo.2 foo\n1 2 3 4\n", "of foo, foo.2, foo.2.2, foo.3"),
    "no rows of the kind": (b"Timestamp,User Count,Type,Name,Requests/s\n1,1,GET,/a,5\n", "no rows .* with Aggregated"),
    "too many columns": (b",".join(b"c%d" % i for i in range(20_000)), "more than 10000 columns"),
    "json cut": (b'{"a": [1,2', "line 1: it is no JSON"),
    "json too deep": (b"[" * 100_000, "no JSON that can be held"),
    "json of nothing": (b"[]", "is empty"),
    "json with a null": (b"[1, null]", "item 2: 'null' is not as the others"),
    "json below 0": (b"[1, -2]", "item 2: '-2' is no count"),
    "json lines with another": (b'{"ts":1,"count":2}\nxx\n', "line 2: 'xx' is no JSON object"),
    "prometheus, instant": (b'{"data": {"resultType": "vector", "result": []}}', "ask /api/v1/query_range"),
    "prometheus, a counter": (MATRIX % b'{"metric": {"__name__": "x_total"}, "values": [[1, "5"]]}',
                              r"holds the counter x_total, no rate: query sum\(rate\(x_total\[1m\]\)\)"),
    "prometheus, no number": (MATRIX % b'{"values": [[1, "NaN"]]}', "item 1: 'NaN' is no count"),
    "prometheus, histograms": (MATRIX % b'{"histograms": []}', "a series without values"),
    "wikimedia, no hour": (b'{"items": [{"timestamp": "20240301xx", "views": 1}]}', "item 1: '20240301xx' is no"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_in_a_line(name: str, tmp_path: Path) -> None:
    content, message = REFUSED[name]
    path = tmp_path / "load.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_workload(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [("unit=fortnight", "unknown unit of time"), ("start=-1", "start must be a whole number"),
     ("start=5", "seconds 5-3 are not in it: it has 0-3"), ("duration=0", "duration must be a whole number"),
     ("duration=1e3", "duration must be a whole number"), ("duration=" + "9" * 20, "duration must be a whole number"),
     ("scale=nan", "scale must be a number above 0"), ("scale=1e9", "above 1e[+]06"), ("scale=x", "scale must be"),
     ("scale=2&scale=3", "option scale is given twice"), ("colum=x", "did you mean 'column'"),
     ("column=x", "unknown column 'x'"), ("format=xml", "unknown format"), ("format=hey", "no column 'offset'"),
     ("format=prometheus", "it is counts by time, not prometheus"), ("unit", "no trace file"), ("", "no trace file"),
     ("a=1&b", "options must be written")],
)  # fmt: skip
def test_options_that_cannot_be_are_refused(options: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    path.write_text("time,count\n0,5\n1,6\n2,7\n")
    with pytest.raises(InputError, match=message) as caught:
        by_name(f"{path}?{options}")
    assert "\n" not in str(caught.value)


def test_functions_without_triggers_have_none_to_choose(tmp_path: Path) -> None:
    path = tmp_path / "functions.csv"
    path.write_text("HashOwner,HashApp,HashFunction,1,2\na,b,c,60,120\n")
    assert read_workload(path).rates[[0, 60]].tolist() == [1, 2]
    with pytest.raises(InputError, match="it has no column Trigger, so that none is http: leave the column out"):
        read_workload(path, column="http")


def test_what_pandas_notes_in_a_parquet_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "load.parquet"
    pq.write_table(pa.table({"count": [5, 6]}).replace_schema_metadata({"pandas": "{no json"}), path)
    assert read_workload(path).rates.tolist() == [5, 6]


@pytest.mark.parametrize("content", ["5 6 7", "[5, 6, 7]"])
def test_plain_numbers_have_no_column_and_are_no_table(content: str, tmp_path: Path) -> None:
    path = tmp_path / "load.txt"
    path.write_text(content)
    with pytest.raises(InputError, match="it is counts, which has no column a: leave the column out"):
        by_name(f"{path}?column=a")
    with pytest.raises(InputError, match="it is counts, not locust: leave the format out"):
        by_name(f"{path}?format=locust")


@pytest.mark.parametrize(
    "name",
    ["C:\\data\\file.csv?unit=minute", "\\\\?\\C:\\x.csv", "\\\\?\\C:\\x.csv?unit=ms", "x.csv", "x.csv?unit=ms", "a?b",
     "?", "\0.csv", "\ud800.csv", "a" * 5000 + ".csv", "/dev/zero", "/proc/self/mem", "/"],
    ids=lambda name: ascii(name[:12]),
)  # fmt: skip
def test_paths_that_no_file_has_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"no trace file|cannot be read") as caught:
        by_name(name)
    assert "\n" not in str(caught.value)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no trace file"):
        read_workload(tmp_path / "pipe")


def test_a_file_with_a_question_mark_in_its_name_is_that_file(tmp_path: Path) -> None:
    path = tmp_path / "load?unit=minute"
    path.write_text("5 6 7")
    assert by_name(str(path)).duration_s == 3
    assert by_name(f"{path}?duration=2").duration_s == 2


def test_a_long_file_is_read_in_part(tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    path.write_text("timestamp,user\n2000-01-01,a\n2024-01-01,b\n2000-01-01 00:00:01,c\n2000-01-01,d\n")
    with pytest.raises(InputError, match=r"take a part with \?start=SECONDS&duration=SECONDS"):
        read_workload(path)
    assert read_workload(path, duration=3).rates.tolist() == [2, 1, 0]
