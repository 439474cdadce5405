"""Options for reading a workload file whose content is ambiguous, in Python or after its path."""

from dataclasses import dataclass, fields
from math import isfinite
from pathlib import Path
from urllib.parse import parse_qsl

from ipagym.system.errors import InputError, unknown_name
from ipagym.system.files import is_file
from ipagym.workload.files import plain_number
from ipagym.workload.generators import MAX_DURATION_S

UNITS_S = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
"""The units of time, in seconds."""

OTHER_UNITS = {"s": "second", "seconds": "second", "min": "minute", "minutes": "minute", "h": "hour", "hours": "hour"}
"""Other spellings of units."""

GENERIC = ("counts", "rates", "timestamps")
FORMATS = (
    "auto", *GENERIC, "alibaba-msrtqps", "azure-functions-2019", "azure-functions-2021", "azure-llm", "burstgpt", "hey",
    "k6", "locust", "mooncake", "prometheus", "proteus", "splitwise", "vegeta", "wikimedia-rest", "wikipedia-pageviews",
)  # fmt: skip
"""Formats of files; `auto` detects the format from the content."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadOptions:
    """Options for one file; by default everything is detected from the content.

    `unit` is the unit of numeric timestamps, or, in a file of counts without timestamps, the time that one of them
    covers. The load consists of `duration_s` seconds from `start_s` on, with rates multiplied by `scale`. `column`
    names the column to read.
    """

    format: str = "auto"
    unit: str | None = None
    column: str | None = None
    start_s: int = 0
    duration_s: int | None = None
    scale: float = 1.0

    def __post_init__(self) -> None:
        if self.format not in FORMATS:
            raise unknown_name("format of workload files", str(self.format), FORMATS)
        if self.unit is not None and self.unit not in UNITS_S:
            raise unknown_name("unit of time", str(self.unit), UNITS_S)
        if not (isinstance(self.start_s, int) and self.start_s >= 0):
            raise InputError(f"start must be a whole number of seconds, 0 or more, not {self.start_s}")
        if self.duration_s is not None and not (
            isinstance(self.duration_s, int) and 1 <= self.duration_s <= MAX_DURATION_S
        ):
            raise InputError(
                f"duration must be a whole number of seconds in 1..{MAX_DURATION_S}, not {self.duration_s}"
            )
        if not (isinstance(self.scale, int | float) and isfinite(self.scale) and self.scale > 0):
            raise InputError(f"scale must be a number above 0, not {self.scale}")


NAMES = {field.name.removesuffix("_s"): field.name for field in fields(ReadOptions)}
"""The fields by their names behind a path: `start` for `start_s`."""


def split(text: str) -> tuple[Path, ReadOptions]:
    """The path and the options of `FILE?column=rps&start=3600`, unless a file of the whole name exists.

    Raises:
        InputError: an option is unknown or given twice, or its value is invalid.
    """
    path, mark, query = text.rpartition("?")
    if not mark or "=" not in query or is_file(Path(text)):
        return Path(text), ReadOptions()
    return Path(path), _parsed(query, text)


def _parsed(query: str, text: str) -> ReadOptions:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=20)
    except ValueError:
        raise InputError(f"{text}: options must be written NAME=VALUE&NAME=VALUE, not {query!r}") from None
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in NAMES:
            raise unknown_name("option of a workload file", name, NAMES)
        if name in given:
            raise InputError(f"{text}: option {name} is given twice: leave one")
        given[name] = value
    return of_text(given)


def of_text(given: dict[str, str]) -> ReadOptions:
    """The options from their texts, by their names behind a path."""
    values: dict[str, object] = {NAMES[name]: text for name, text in given.items()}
    for name in ("start", "duration"):
        if name in given:
            values[NAMES[name]] = _seconds(name, given[name])
    if "scale" in given:
        values["scale"] = _number("scale", given["scale"])
    if "unit" in given:
        values["unit"] = OTHER_UNITS.get(given["unit"], given["unit"])
    return ReadOptions(**values)  # type: ignore[arg-type]


def _seconds(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise InputError(f"{name} must be a whole number of seconds, not {text[:40]!r}")
    return int(text)


def _number(name: str, text: str) -> float:
    try:
        return plain_number(text)
    except ValueError:
        raise InputError(f"{name} must be a number above 0, not {text[:40]!r}") from None
