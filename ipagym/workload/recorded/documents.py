"""JSON documents that are read as a whole: lists, answers of Prometheus and of Wikimedia's REST interface."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.recorded import times
from ipagym.workload.recorded.binning import Series, timeline
from ipagym.workload.recorded.containers import objects_table
from ipagym.workload.recorded.options import UNITS_S, ReadOptions
from ipagym.workload.recorded.tables import Found, read_table
from ipagym.workload.recorded.text import at, opened_text
from ipagym.workload.recorded.unpacking import Opener

MOST_CHARACTERS = 20_000_000
"""Most characters of a document: as Python objects, it takes up to thirty times its length."""

HOUR = re.compile(r"\d{8}(\d\d)?")


def read_document(opener: Opener, path: Path, options: ReadOptions) -> Found:
    """The load in a JSON document.

    Raises:
        InputError: it is not JSON, too large, or of an unknown kind.
    """
    with opened_text(opener) as text:
        content = text.read(MOST_CHARACTERS + 1)
    if len(content) > MOST_CHARACTERS:
        raise InputError(f"{path} has more than {MOST_CHARACTERS} characters: write JSON lines, one record a line")
    try:
        document = json.loads(content)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}, line {error.lineno}: it is no JSON ({error.msg}): write it again") from None
    except (ValueError, RecursionError):
        raise InputError(f"{path} is no JSON that can be held: write numbers, one a line") from None
    return _of_list(document, path, options) if isinstance(document, list) else _of_object(document, path)


def _of_list(document: list[Any], path: Path, options: ReadOptions) -> Found:
    kinds = {type(each) for each in document}
    if kinds == {dict}:
        return read_table(objects_table(document, path), options)
    if kinds == {list} and all(len(each) == 2 for each in document):
        records = [{"time": time, "count": count} for time, count in document]
        return read_table(objects_table(records, path), options)
    if kinds == {str}:
        return read_table(objects_table([{"time": each} for each in document], path), options)
    if kinds <= {int, float}:
        values = _numbers([str(each) for each in document], path)
        return Found("counts", len(values), Series(values, round(UNITS_S[options.unit or "second"])))
    wrong = next(
        (i for i, each in enumerate(document) if isinstance(each, bool) or not isinstance(each, int | float)), 0
    )
    raise at(path, f"item {wrong + 1}", json.dumps(document[wrong]), "is not as the others: write numbers, or objects")


def _of_object(document: Any, path: Path) -> Found:
    data = document.get("data") if isinstance(document, dict) else None
    if isinstance(data, dict) and "resultType" in data:
        return _prometheus(data, path)
    if isinstance(document, dict) and isinstance(document.get("items"), list):
        return _wikimedia(document["items"], path)
    raise InputError(f"{path} is a JSON document of no known kind: write a list of numbers, or JSON lines")


def _prometheus(data: dict[str, Any], path: Path) -> Found:
    """The answer to `query_range`: the sum of its series, which must be rates, each held until its next sample."""
    result = data.get("result")
    if data["resultType"] != "matrix" or not isinstance(result, list):
        raise InputError(f"{path} is the answer to an instant query: ask /api/v1/query_range")
    for each in result:
        metric = each.get("metric", {}) if isinstance(each, dict) else {}
        if isinstance(metric, dict) and str(metric.get("__name__", "")).endswith(("_total", "_count")):
            name = metric["__name__"]
            raise InputError(f"{path} holds the counter {name}, no rate: query sum(rate({name}[1m]))")
    samples = [sample for each in result for sample in _samples(each, path)]

    def chunks() -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        second = np.floor(_numbers([str(time) for time, _ in samples], path)).astype(np.int64)
        yield second, _numbers([str(value) for _, value in samples], path)

    return Found("prometheus", len(samples), timeline(chunks(), "summed rates"))


def _samples(each: Any, path: Path) -> list[Any]:
    values = each.get("values") if isinstance(each, dict) else None
    if not isinstance(values, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in values):
        raise InputError(f"{path} has a series without values: ask Prometheus for numbers, not for histograms")
    return values


def _wikimedia(items: list[Any], path: Path) -> Found:
    """Views by hour or day: `timestamp` YYYYMMDDHH and `views`, as the REST interface of pageviews answers."""
    stamps = [str(each.get("timestamp")) if isinstance(each, dict) else "" for each in items]
    views = [str(each.get("views")) if isinstance(each, dict) else "" for each in items]
    for number, stamp in enumerate(stamps, 1):
        if not HOUR.fullmatch(stamp):
            raise at(path, f"item {number}", stamp, "is no timestamp YYYYMMDDHH")
    written = [f"{s[:4]}-{s[4:6]}-{s[6:8]} {s[8:] or '00'}:00" for s in stamps]
    try:
        second = times.seconds(pd.Series(written, dtype="str"), None, guessed=False)
    except times.WrongCell as wrong:
        raise at(path, f"item {wrong.row + 1}", stamps[wrong.row], wrong.wrong) from None
    found = timeline([(second, _numbers(views, path))], "counts")
    if len(second) == 1:  # alone, it does not tell what it covers
        hours = 1 if items[0].get("granularity") == "hourly" else 24
        return Found("wikimedia-rest", 1, Series(found.total, round(hours * UNITS_S["hour"])))
    return Found("wikimedia-rest", len(items), found)


def _numbers(texts: list[str], path: Path) -> NDArray[np.float64]:
    try:
        return times.numbers(pd.Series(texts, dtype="str"))
    except times.WrongCell as wrong:
        raise at(path, f"item {wrong.row + 1}", wrong.token, wrong.wrong) from None
