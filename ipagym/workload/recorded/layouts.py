"""The columns of files of tools and data sets: those of times and those of values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ipagym.system.errors import InputError, unknown_name
from ipagym.workload.recorded.binning import Meaning
from ipagym.workload.recorded.options import UNITS_S, ReadOptions


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The columns to read of a table.

    `time` is None for values in order; `value` is None if each row is a request. `unit` is that of numeric times, or
    the time that each value in order covers; None means that it is detected from the first time. The column `less` (in
    seconds) is subtracted from the time of a row. Rows whose column `where` differs from `equals` are left out. A table
    is recognised by the columns `known_by`.
    """

    format: str
    meaning: Meaning
    time: str | None = None
    value: str | None = None
    unit: str | None = None
    less: str | None = None
    where: str | None = None
    equals: str = ""
    known_by: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that are read."""
        return [name for name in (self.time, self.value, self.less, self.where) if name is not None]


KNOWN = (
    Layout(
        format="locust", meaning="rates", time="timestamp", value="requests/s", unit="second", where="name",
        equals="Aggregated", known_by=("timestamp", "user count", "requests/s", "name"),
    ),
    Layout(
        format="k6", meaning="requests", time="timestamp", value="metric_value", where="metric_name",
        equals="http_reqs", known_by=("metric_name", "timestamp", "metric_value"),
    ),
    Layout(
        format="hey", meaning="requests", time="offset", unit="second",
        known_by=("response-time", "status-code", "offset"),
    ),
    Layout(
        format="vegeta", meaning="requests", time="timestamp",
        known_by=("attack", "seq", "code", "timestamp", "latency"),
    ),
    Layout(
        format="azure-functions-2021", meaning="requests", time="end_timestamp", less="duration", unit="second",
        known_by=("app", "func", "end_timestamp", "duration"),
    ),
    Layout(
        format="azure-llm", meaning="requests", time="timestamp",
        known_by=("timestamp", "contexttokens", "generatedtokens"),
    ),
    Layout(
        format="burstgpt", meaning="requests", time="timestamp", unit="second",
        known_by=("timestamp", "model", "request tokens", "response tokens"),
    ),
    Layout(
        format="mooncake", meaning="requests", time="timestamp", unit="ms",
        known_by=("timestamp", "input_length", "output_length"),
    ),
    Layout(
        format="alibaba-msrtqps", meaning="summed rates", time="timestamp", value="value", unit="ms", where="metrics",
        equals="providerRPC_MCR", known_by=("timestamp", "msname", "msinstanceid", "metrics", "value"),
    ),
    Layout(
        format="splitwise", meaning="requests", time="arrival_timestamp", unit="second",
        known_by=("request_id", "arrival_timestamp"),
    ),
    Layout(
        format="proteus", meaning="requests", time="arrival_ms", unit="ms", known_by=("arrival_ms", "one", "slo_ms"),
    ),
)  # fmt: skip
"""Tables of tools and data sets. Names are compared without regard to capitals."""

NORMALISED = ("msname", "nodeid", "providerrpc_mcr")
TIMES = {
    "timestamp": None, "time": None, "ts": None, "date": None, "datetime": None, "epoch": None, "t": None,
    "bin_start": None, "arrival": None, "arrival_time": None, "arrived_at": None, "gmt_create": None,
    "start_time": None, "created": None, "created_at": None, "timestamp_ms": "ms", "time_ms": "ms", "arrival_ms": "ms",
    "timestamp_s": "second", "time_s": "second", "second": "second", "seconds": "second", "minute": "minute",
    "minutes": "minute", "hour": "hour", "hours": "hour",
}  # fmt: skip
"""Names of time columns, with their unit if the name implies it; the first one in the table is used."""

RATES = ("rps", "qps", "rate", "rate_rps", "requests/s", "req/s", "requests_per_second", "requests per second")
COUNTS = ("count", "counts", "requests", "request_count", "requests_count", "invocations", "arrivals", "hits", "calls")
PER_MINUTE = ("requests_per_minute", "requests per minute", "rpm", "per_minute", "count_per_minute")
VALUES: dict[str, Meaning] = {**dict.fromkeys(RATES, "rates"), **dict.fromkeys(COUNTS, "counts")}


def layout_of(columns: Sequence[str], options: ReadOptions, *, is_regular: bool) -> Layout:
    """The layout of a table with these columns; `is_regular` says that its first times are evenly spaced.

    Raises:
        InputError: the columns do not determine the layout, or columns of the requested format are missing.
    """
    names: dict[str, str] = {}
    for name in columns:
        names.setdefault(name.strip().lower(), name)
    known = _known(names, options)
    if known is None:
        return _with_unit(_generic(names, options, is_regular=is_regular), options)
    if options.column is not None and known.where is not None:
        known = replace(known, equals=options.column)
    elif options.column is not None:
        known = replace(known, value=_column(names, options.column))
    return _with_unit(_spelled(known, names), options)


def _known(names: dict[str, str], options: ReadOptions) -> Layout | None:
    if options.format == "auto":
        return next((each for each in KNOWN if names.keys() >= set(each.known_by)), None)
    wanted = next((each for each in KNOWN if each.format == options.format), None)
    if wanted is not None and (missing := [name for name in wanted.columns if name not in names]):
        raise InputError(f"it has no column {missing[0]!r}, which {wanted.format} has; it has {_listed(names)}")
    return wanted


def _generic(names: dict[str, str], options: ReadOptions, *, is_regular: bool) -> Layout:
    time = next((name for name in TIMES if name in names), None)
    value = None if options.column is None else _column(names, options.column).strip().lower()
    if options.format == "timestamps" or (value is not None and value == time):
        return _requests(names, value or time)
    if value is None:
        if set(NORMALISED) <= names.keys():
            raise InputError(
                "its rates are normalised to 0..1, as in Alibaba's traces of 2022: choose a column and a scale, "
                "?column=providerrpc_mcr&unit=ms&scale=RPS"
            )
        value = _value(names, time)
    if value is None:
        if time is None or options.format in ("counts", "rates") or is_regular:
            raise InputError(f"its columns do not tell the load: name one with ?column=NAME of {_listed(names)}" + (
                "; if that is the time of a request in each row, add &format=timestamps" if time is None
                else ", or take each row for a request with ?format=timestamps"
            ))  # fmt: skip
        return _requests(names, time)
    meaning: Meaning = VALUES.get(value, "counts")
    if options.format in ("counts", "rates"):
        meaning = "rates" if options.format == "rates" else "counts"
    unit = "minute" if time is None and value in PER_MINUTE else TIMES.get(time or "")
    return Layout(
        format=f"{meaning} by time" if time else f"{meaning} in order",
        meaning=meaning, time=None if time is None else names[time], value=names[value], unit=unit,
    )  # fmt: skip


def _requests(names: dict[str, str], time: str | None) -> Layout:
    if time is None:
        raise InputError(f"it has no column of times: name one with ?column=NAME of {_listed(names)}")
    return Layout(format="timestamps", meaning="requests", time=names[time], unit=TIMES.get(time))


def _value(names: dict[str, str], time: str | None) -> str | None:
    """The column with a name for values, or the only column that is not a time."""
    named = [name for name in (*VALUES, *PER_MINUTE) if name in names]
    if len(named) > 1 and time is None and len(names) > 1:
        raise InputError(
            f"its columns do not tell the load: name one with ?column=NAME of {_listed(names)}; if that is the time of "
            "a request in each row, add &format=timestamps"
        )
    if named:
        return named[0]
    return next(iter(names)) if len(names) == 1 and time is None else None


def _column(names: dict[str, str], wanted: str) -> str:
    if wanted.strip().lower() not in names:
        raise unknown_name("column", wanted, names.values())
    return names[wanted.strip().lower()]


def _spelled(layout: Layout, names: dict[str, str]) -> Layout:
    """The layout with the columns as the file spells them."""
    return replace(
        layout,
        time=names.get(layout.time or ""),
        value=None if layout.value is None else names.get(layout.value.lower(), layout.value),
        less=names.get(layout.less or ""),
        where=names.get(layout.where or ""),
    )


def _with_unit(layout: Layout, options: ReadOptions) -> Layout:
    if options.unit is None:
        return layout
    if layout.time is None and UNITS_S[options.unit] < 1:
        raise InputError(f"?unit={options.unit} of counts must be second, minute, hour or day")
    return replace(layout, unit=options.unit)


def _listed(names: dict[str, str]) -> str:
    shown = list(names.values())[:12]
    return ", ".join(shown) + (", …" if len(names) > len(shown) else "")
