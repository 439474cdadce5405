"""Every format of workload files, in small: what is read is what stands there."""

import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ipagym.system.errors import InputError
from ipagym.workload.recorded.reader import read_workload

LOCUST = """\
Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,Total Request Count
1700000000,5,GET,/a,1.0,0.0,10,1
1700000000,5,,Aggregated,3.0,0.0,10,3
1700000001,5,,Aggregated,4.0,0.0,10,7
1700000004,5,,Aggregated,6.0,0.0,N/A,13
"""
K6_CSV = """\
metric_name,timestamp,metric_value,check,error,url,extra_tags
http_reqs,1595325560,1.000000,,,"http://a/?x=1,2",
http_req_duration,1595325560,221.9,,,http://a/,
http_reqs,1595325562,2.000000,,,http://a/,
"""
K6_LINES: list[dict[str, object]] = [
    {"type": "Metric", "data": {"name": "http_reqs", "type": "counter"}, "metric": "http_reqs"},
    {"metric": "http_reqs", "type": "Point", "data": {"time": "2017-05-09T14:34:45.239531499+02:00", "value": 1}},
    {"metric": "vus", "type": "Point", "data": {"time": "2017-05-09T14:34:45.239531499+02:00", "value": 9}},
    {"metric": "http_reqs", "type": "Point", "data": {"time": "2017-05-09T12:34:47Z", "value": 1}},
]
HEY = """\
response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset
0.1,0,0,0,0,0,200,2.5
0.1,0,0,0,0,0,200,0.5
0.1,0,0,0,0,0,500,0.9999
"""
VEGETA_CSV = "".join(
    f"{1700000000000000000 + offset},200,5200000,0,1024,,Ym9keQ==,attack,{i},GET,http://a/,\n"
    for i, offset in enumerate([0, 999_999_999, 1_000_000_000, 3_000_000_000])
)
VEGETA_LINES: list[dict[str, object]] = [
    {"attack": "", "seq": i, "code": 200, "timestamp": f"2023-11-14T22:13:2{second}.000000001Z", "latency": 5,
     "bytes_out": 0, "bytes_in": 2, "error": "", "body": None, "method": "GET", "url": "http://a/", "headers": {}}
    for i, second in enumerate([0, 0, 1, 3])
]  # fmt: skip
PROMETHEUS = {
    "status": "success",
    "data": {
        "resultType": "matrix",
        "result": [
            {"metric": {"pod": "a"}, "values": [[1435781430.781, "1.5"], [1435781432.781, "2"]]},
            {"metric": {"pod": "b"}, "values": [[1435781430.781, "1"], [1435781432.781, "3"]]},
        ],
    },
}
AZURE_2019 = """\
HashOwner,HashApp,HashFunction,Trigger,3,1,2
o,a,f,http,60,6,0
o,a,g,timer,120,0,60
"""
AZURE_2021 = """\
app,func,end_timestamp,duration
a,f,5.5,0.25
a,g,9.0,5.0
a,f,5.75,0.0
"""
AZURE_LLM = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9999999,1,2\r\n2023-11-16 18:17:04,1,2\r\n"
    "2023-11-16 18:17:06.0000001,3,4"
)
AZURE_LLM_2024 = """\
TIMESTAMP,ContextTokens,GeneratedTokens
2024-05-10 00:00:00.009930+00:00,2162,5
2024-05-10 00:00:01+00:00,2399,6
"""
BURSTGPT = """\
Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
5,1,0.2,ChatGPT,472,18,490,Conversation log
7,2,0.2,GPT-4,1087,0,1087,API log
7,3,0.2,GPT-4,1,2,3,API log
"""
OLD_BURSTGPT = "Model,Timestamp,Request tokens,Response tokens,Total tokens,Log Type\nChatGPT,5,1,1,2,API log\n"
MOONCAKE: list[dict[str, object]] = [
    {"timestamp": t, "input_length": 1, "output_length": 2, "hash_ids": [0, 1]} for t in (0, 999, 1000, 3000)
]
ALIBABA = """\
timestamp,msname,msinstanceid,metrics,value
60000,m,i1,providerRPC_MCR,2.5
60000,m,i2,providerRPC_MCR,1.5
60000,m,i2,providerRPC_RT,900
120000,m,i1,providerRPC_MCR,1
"""
PAGEVIEWS = 'en Main_Page 1800 0\nen "Quoted 1800 0\nde - 3600 0\n'
VIEWS = {
    "items": [
        {"project": "en.wikipedia", "granularity": "hourly", "timestamp": "2024030110", "views": 7200},
        {"project": "en.wikipedia", "granularity": "hourly", "timestamp": "2024030112", "views": 3600},
    ]
}
SPLITWISE = "request_id,request_type,application_id,arrival_timestamp,batch_size\n0,2,0,0.25,1\n1,2,0,1.5,1\n"


def lines(records: list[dict[str, object]]) -> str:
    return "\n".join(json.dumps(record) for record in records) + "\n"


def minutes(*rates: float) -> list[float]:
    return np.repeat(rates, 60).tolist()


FORMATS: dict[str, tuple[str, str, list[float]]] = {
    "counts, a line": ("8 14 13", "counts", [8, 14, 13]),
    "counts, a line each": ("8\r\n14\r\n\r\n13\r\n", "counts", [8, 14, 13]),
    "counts, a list": ("[8, 14.5, 0]", "counts", [8, 14.5, 0]),
    "counts, a column": ("requests\n8\n14\n13\n", "counts in order", [8, 14, 13]),
    "a single minute": ("minute,count\n0,60\n", "counts by time", minutes(1)),
    "requests per minute": ("rpm\n60\n120\n", "counts in order", minutes(1, 2)),
    "epoch and count": ("1700000000 8\n1700000001 14\n1700000002 13\n", "counts by time", [8, 14, 13]),
    "epoch and count, commas": ("1700000000,8\n1700000001,14\n1700000002,13\n", "counts by time", [8, 14, 13]),
    "seconds since 1970": ("1700000002\n1700000000\n1700000000\n", "timestamps", [2, 0, 1]),
    "milliseconds since 1970": ("1700000000000 1700000000999 1700000001000", "timestamps", [2, 1]),
    "dates": ("2024-03-01T10:00:00Z\n2024-03-01 10:00:01.1234567\n2024-03-01T12:00:01+02:00\n", "timestamps", [1, 2]),
    "dates and counts": ("2024-03-01 10:00:00,8\n2024-03-01 10:00:01,14\n", "counts by time", [8, 14]),
    "dates, a list": ('["2024-03-01T10:00:00Z", "2024-03-01T10:00:02Z"]', "timestamps", [1, 0, 1]),
    "pairs, a list": ("[[0, 8], [1, 14], [2, 13]]", "counts by time", [8, 14, 13]),
    "objects, a list": ('[{"time": 1, "rps": 8}, {"time": 3, "rps": 4}]', "rates by time", [8, 8, 4, 4]),
    "rates by time": ("time;rps;p99\n0;8.5;x\n3;4;x\n", "rates by time", [8.5, 8.5, 8.5, 4, 4, 4]),
    "rates by time, json lines": ('{"ts": 0, "qps": 8}\n{"ts": 1, "qps": 4}\n', "rates by time", [8, 4]),
    "locust": (LOCUST, "locust", [3, 4, 4, 4, 6]),
    "k6, csv": (K6_CSV, "k6", [1, 0, 2]),
    "k6, json lines": (lines(K6_LINES), "k6", [1, 0, 1]),
    "hey": (HEY, "hey", [2, 0, 1]),
    "vegeta, csv": (VEGETA_CSV, "vegeta", [2, 1, 0, 1]),
    "vegeta, long bodies": (lines([each | {"body": "eA" * 50_000} for each in VEGETA_LINES]), "vegeta", [2, 1, 0, 1]),
    "vegeta, json lines": (lines(VEGETA_LINES), "vegeta", [2, 1, 0, 1]),
    "prometheus": (json.dumps(PROMETHEUS), "prometheus", [2.5, 2.5, 5, 5]),
    "prometheus, indented": (json.dumps(PROMETHEUS, indent=1), "prometheus", [2.5, 2.5, 5, 5]),
    "azure functions 2019": (AZURE_2019, "azure-functions-2019", minutes(0.1, 1, 3)),
    "azure functions 2021": (AZURE_2021, "azure-functions-2021", [1, 2]),
    "azure llm 2023": (AZURE_LLM, "azure-llm", [1, 1, 0, 1]),
    "azure llm 2024": (AZURE_LLM_2024, "azure-llm", [1, 1]),
    "burstgpt": (BURSTGPT, "burstgpt", [1, 0, 2]),
    "burstgpt 1.1": (OLD_BURSTGPT, "burstgpt", [1]),
    "mooncake": (lines(MOONCAKE), "mooncake", [2, 1, 0, 1]),
    "alibaba": (ALIBABA, "alibaba-msrtqps", minutes(4, 1)),
    "page views": (PAGEVIEWS, "wikipedia-pageviews", [2.0] * 3600),
    "splitwise": (SPLITWISE, "splitwise", [1, 1]),
    "proteus": ("0,1,500\n999,1,500\n2000,1,500\n", "proteus", [2, 0, 1]),
}


def written(folder: Path, content: str | bytes, name: str = "load.txt") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize("name", FORMATS)
def test_what_stands_in_a_file_is_read(name: str, tmp_path: Path) -> None:
    content, format_, rates = FORMATS[name]
    load = read_workload(written(tmp_path, content))
    assert load.source.format == format_
    assert load.rates.tolist() == pytest.approx(rates)


def test_a_count_covers_the_time_until_the_next_and_none_is_none(tmp_path: Path) -> None:
    load = read_workload(written(tmp_path, "minute,count\n0,60\n1,30\n3,120\n"))
    assert load.rates.tolist() == minutes(1, 0.5, 0, 2)
    views = {"items": [*VIEWS["items"], {"timestamp": "2024030113", "views": 1800}]}
    load = read_workload(written(tmp_path, json.dumps(views)))
    assert load.rates[::3600].tolist() == [2, 0, 1, 0.5]


OPTIONS: list[tuple[str, dict[str, object], list[float]]] = [
    ("60 120", {"unit": "minute", "start": 59, "duration": 2}, [1, 2]),
    ("60 120 1", {"unit": "minute", "format": "rates", "start": 59, "duration": 2}, [60, 120]),
    ("8 14 13 7", {"start": 1, "duration": 2, "scale": 0.5}, [7, 6.5]),
    ("0.5\n0.7\n2.1\n", {"format": "timestamps"}, [2, 0, 1]),
    ("500 700 2100", {"format": "timestamps", "unit": "ms"}, [2, 0, 1]),
    ("a,b\n1,8\n2,9\n", {"column": "B"}, [8, 9]),
    ("when,at\nx,0\ny,2\n", {"column": "at", "format": "timestamps"}, [1, 0, 1]),
    ("time,load\n0,3\n1,4\n2,5\n", {"column": "load"}, [3, 4, 5]),
    ("time,size\n0,3\n1,4\n2,5\n", {"format": "timestamps"}, [1, 1, 1]),
    (ALIBABA, {"column": "providerRPC_RT", "scale": 0.01}, [9.0]),
    (AZURE_2019, {"column": "timer"}, minutes(0, 1, 2)),
    (PAGEVIEWS, {"column": "en", "duration": 3}, [1, 1, 1]),
]


@pytest.mark.parametrize(("content", "options", "rates"), OPTIONS)
def test_options_say_what_the_content_does_not(
    content: str, options: dict[str, object], rates: list[float], tmp_path: Path
) -> None:
    load = read_workload(written(tmp_path, content), **options)  # type: ignore[arg-type]
    assert load.rates.tolist() == pytest.approx(rates)


def tar(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), 1.5  # a fraction takes an extended header
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return buffer.getvalue()


TEXT = b"8\n14\n13\n"
PACKED = {
    "gzip": gzip.compress(TEXT),
    "gzip of gzip": gzip.compress(gzip.compress(TEXT)),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "tar": tar(("a/b.txt", TEXT)),
    "tar.gz": gzip.compress(tar(("a/b.txt", TEXT))),
    "tar.xz": lzma.compress(tar(("a/b.txt", TEXT), ("a/._b.txt", b"resources"))),
    "tar.bz2 with workload.txt": bz2.compress(tar(("read.me", b"no"), ("workload.txt", TEXT))),
    "zip": zipped(("a/b.txt", TEXT), ("__MACOSX/a", b"x")),
    "zip of gzip": zipped(("b.txt.gz", gzip.compress(TEXT))),
    "utf-16": "8\n14\n13\n".encode("utf-16"),
    "utf-16, the other way": b"\xfe\xff" + "8\n14\n13\n".encode("utf-16-be"),
    "utf-8 with its mark": b"\xef\xbb\xbf" + TEXT,
    "a header, utf-16": "requests\r\n8\r\n14\r\n13\r\n".encode("utf-16"),
    "a header with its mark": b"\xef\xbb\xbfrequests\n8\n14\n13\n",
}


@pytest.mark.parametrize("name", PACKED)
def test_packed_and_encoded_files_are_read(name: str, tmp_path: Path) -> None:
    assert read_workload(written(tmp_path, PACKED[name])).rates.tolist() == [8, 14, 13]


PARQUET = {
    "dates": pd.DataFrame(
        {"timestamp": pd.to_datetime(["2024-03-01T10:00:02.9", "2024-03-01T10:00:00.0"]), "x": ["a", "b"]}
    ),
    "dates with a zone": pd.DataFrame(
        {"timestamp": pd.to_datetime(["2024-03-01T10:00:02.9Z", "2024-03-01T10:00:00.0Z"]), "x": ["a", "b"]}
    ),
    "milliseconds": pd.DataFrame({"ts": [1700000002999, 1700000000000], "size": [5, 6]}),
    "counts": pd.DataFrame({"count": [1, 0, 1]}),
    "text": pd.DataFrame({"timestamp": ["2024-03-01 10:00:02.9000000", "2024-03-01 10:00:00"], "x": [1, 2]}),
}  # fmt: skip


@pytest.mark.parametrize("name", PARQUET)
def test_parquet_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "load.parquet"
    PARQUET[name].to_parquet(path)
    assert read_workload(path).rates.tolist() == [1, 0, 1]


def test_a_report_of_wrk_is_answered_with_the_load_that_it_stands_for(tmp_path: Path) -> None:
    report = "Running 30s test @ http://a/\n  12 threads\n  100 requests in 30.00s, 1MB read\nRequests/sec: 748.86\n"
    with pytest.raises(InputError, match=r"report of wrk, which has a mean only: give the load constant:748\.86:30"):
        read_workload(written(tmp_path, report))
