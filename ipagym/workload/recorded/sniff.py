"""The kind of a text, by its first lines."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Literal

from ipagym.system.errors import InputError
from ipagym.workload.recorded.delimited import Dialect, header
from ipagym.workload.recorded.options import ReadOptions
from ipagym.workload.recorded.sums import PAGEVIEWS
from ipagym.workload.recorded.text import is_record

Kind = Literal["numbers", "times", "table", "json lines", "document"]

SAMPLE_CHARACTERS = 65_536
DELIMITERS = ",;\t|"
FEWEST_PAIRS = 3
EPOCH = 1e8
"""If all plain numbers are larger, they are times since 1970: they are too large for counts per second."""

NUMBER = re.compile(r"[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d+)?$")
DATE = re.compile(r"\s*\"?\d{4}-\d\d-\d\d")
VIEWS = re.compile(r"[A-Za-z\"][^\s,]* \S+ \d+ \d+$")
THOUSANDS = re.compile(r"\d,\d{3}\s+\d")
WRK = re.compile(r"Running (\d+)(s|m|h) test @")
WRK_RATE = re.compile(r"^Requests/sec:\s*([\d.]+)", re.MULTILINE)
VEGETA = ("timestamp", "code", "latency", "bytes_out", "bytes_in", "error", "body", "attack", "seq", "method", "url",
          "headers")  # fmt: skip
"""The columns of `vegeta encode -to csv`, which writes no header; the last three are not in old versions."""

PROTEUS = ("arrival_ms", "one", "slo_ms")
PAIR = ("time", "count")


@dataclass(frozen=True, slots=True)
class Sniffed:
    """The kind of a text, and for a table its format."""

    kind: Kind
    dialect: Dialect | None = None


def sniffed(sample: list[str], path: Path, options: ReadOptions, *, is_whole: bool) -> Sniffed:
    """The kind of a text from its first lines; the last one is cut unless the sample is the whole text.

    Raises:
        InputError: it is binary, or of a kind that holds no load.
    """
    _check_text(sample, path)
    whole = sample if is_whole or len(sample) == 1 else sample[:-1]
    records = [line for line in whole if is_record(line)]
    if not records:
        raise InputError(f"{path} is empty: it must hold at least one number or time")
    first = records[0].strip()
    _refuse_reports(whole, path)
    if first[0] in "[{":
        return Sniffed(_json_kind(records, is_cut=len(sample) == 1 and not is_whole))
    if VIEWS.match(first):
        return Sniffed("table", _dialect(PAGEVIEWS, " ", records, has_header=False, quoted=False))
    if not _is_datum(_fields(first)[0]):
        return _with_header(records)
    wide = next((line for line in records if len(_fields(line)) > 1), records[0])
    return _of_numbers(records, options, f"{path}, line {1 + sample.index(wide)}")


def _check_text(sample: list[str], path: Path) -> None:
    number = next((i for i, line in enumerate(sample, 1) if "\0" in line), None)
    if number is not None:
        raise InputError(f"{path}, line {number}: it is no text (a byte 0): save it as UTF-8, or UTF-16 with its mark")


def _refuse_reports(sample: list[str], path: Path) -> None:
    """Refuse reports of load testers: they have totals, but no times."""
    text = "\n".join(sample)
    if run := WRK.search(text):
        rate = WRK_RATE.search(text)
        seconds = int(run[1]) * {"s": 1, "m": 60, "h": 3600}[run[2]]
        instead = f"constant:{rate[1]}:{seconds}" if rate else "constant:RPS:SECONDS"
        raise InputError(f"{path} is a report of wrk, which has a mean only: give the load {instead}")
    if text.lstrip().startswith("Summary:") and "Requests/sec:" in text:
        raise InputError(f"{path} is a report of hey, which has a mean only: write its results with hey -o csv")


def _json_kind(records: list[str], *, is_cut: bool) -> Kind:
    """JSON lines have a whole object on the first line; documents span several lines, or are of a known kind."""
    first = records[0].strip()
    if not first.startswith("{") or '"resultType"' in first or '"items"' in first:
        return "document"
    return "json lines" if first.endswith("}") or is_cut else "document"


def _fields(line: str) -> list[str]:
    delimiter = _delimiter(line)
    return [field.strip() for field in (line.split() if delimiter is None else line.split(delimiter))]


def _delimiter(line: str) -> str | None:
    """The delimiter that is there most often; none for white space."""
    best = max(DELIMITERS, key=line.count)
    return best if best in line else None


def _is_datum(field: str) -> bool:
    """True for a number or a date, also a malformed one: names begin with a letter."""
    word = field.strip('"')
    return not word or not (word[0].isalpha() or word[0] == "_") or word.lower() in ("nan", "inf", "infinity")


def _of_numbers(records: list[str], options: ReadOptions, place: str) -> Sniffed:
    first = records[0]
    if DATE.match(first):
        delimiter = _delimiter(first)
        columns = PAIR if delimiter is not None and len(_fields(first)) == 2 else ("time",)
        if delimiter is not None and len(_fields(first)) > 2:
            raise InputError(f"{place}: there is no header: write one with a name for each column")
        return Sniffed("table", _dialect(columns, delimiter or ",", records, has_header=False))
    if THOUSANDS.search(first):
        raise InputError(f"{place}: {first.strip()[:40]!r} has thousands separators: write plain digits")
    rows = [_fields(line) for line in records]
    if len(records) > 1 and any(len(row) != 1 for row in rows):
        return Sniffed("table", _headless(rows, records, place))
    return Sniffed("times" if options.format == "auto" and _are_times(rows) else "numbers")


def _are_times(columns: list[list[str]]) -> bool:
    values = [float(field) for fields in columns for field in fields if NUMBER.match(field) and "_" not in field]
    if not values:
        return False
    if min(values) >= EPOCH:
        return True
    fractions = [value for value in values if value % 1]
    rises = len(columns) > 9 and all(a <= b for a, b in pairwise(values))
    if rises and len(fractions) > len(values) / 2:
        raise InputError("its numbers rise throughout: tell what they are with ?format=timestamps, counts or rates")
    return False


def _headless(columns: list[list[str]], records: list[str], place: str) -> Dialect:
    """Two columns where the first is a time, or the rows of tools that write no header."""
    delimiter, first = _delimiter(records[0]), columns[0]
    if len(first) >= 9 and NUMBER.match(first[0]) and float(first[0].replace("_", "")) > 1e17:
        return _dialect(VEGETA[: len(first)], delimiter, records, has_header=False)
    if all(len(each) == 3 and each[1] == "1" for each in columns):
        return _dialect(PROTEUS, delimiter, records, has_header=False)
    if all(len(each) == 2 for each in columns) and _are_evenly_spaced([each[0] for each in columns]):
        return _dialect(PAIR, delimiter, records, has_header=False)
    raise InputError(
        f"{place}: it has several numbers and no header: leave the counts alone, one per second, or "
        "write a header line and name the column (?column=NAME)"
    )


def _are_evenly_spaced(fields: list[str]) -> bool:
    """True for times: since 1970, or from 0 or 1 on, each as far from the one before."""
    if len(fields) < FEWEST_PAIRS or not all(NUMBER.match(field) and "_" not in field for field in fields):
        return False
    values = [float(field) for field in fields]
    step = values[1] - values[0]
    is_a_beginning = values[0] in (0.0, step) or values[0] >= EPOCH
    return step > 0 and is_a_beginning and all(abs(b - a - step) < 1e-6 * step for a, b in pairwise(values))


def _with_header(records: list[str]) -> Sniffed:
    delimiter = _delimiter(records[0]) or ("," if len(records[0].split()) == 1 else None)
    names = header(records[0].strip(), delimiter)
    return Sniffed("table", _dialect(names, delimiter, records, has_header=True))


def _dialect(
    columns: list[str] | tuple[str, ...], delimiter: str | None, records: list[str], *, has_header: bool,
    quoted: bool = True,
) -> Dialect:  # fmt: skip
    usual = sum(map(len, records)) // len(records)
    return Dialect(delimiter=delimiter, columns=columns, has_header=has_header, usual_line=usual, quoted=quoted)
