"""Workloads by name."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ipagym.system.errors import InputError, unknown_name
from ipagym.system.files import is_file
from ipagym.workload.days import NAME as TWITTER_DAY
from ipagym.workload.days import twitter_day
from ipagym.workload.files import plain_number
from ipagym.workload.generators import MAX_DURATION_S, Constant, Ramp, Spike, Step
from ipagym.workload.patterns import PATTERNS
from ipagym.workload.processes import Diurnal, FlashCrowd, Mmpp, SelfSimilar
from ipagym.workload.protocol import Workload
from ipagym.workload.recorded.options import ReadOptions, split
from ipagym.workload.trace import WINDOWS, paper_window
from ipagym.workload.twitter_like import NAME as TWITTER_LIKE
from ipagym.workload.twitter_like import TwitterLike

TRACES_VARIABLE = "IPAGYM_TRACES"
TRACE_NAMES = ("workload.tbz2", "workload.txt")

WORKLOADS: dict[str, str] = {
    "bursty": "IPA's bursty window: 5 rps with a burst to 34; generated where the trace is absent",
    "steady-low": "IPA's steady-low window: 3 to 8 rps; generated where the trace is absent",
    "steady-high": "IPA's steady-high window: 23 to 34 rps; generated where the trace is absent",
    "fluctuating": "IPA's fluctuating window: two bursts between 3 and 34 rps; generated where the trace is absent",
    "infadapter-bursty": "InfAdapter's bursty window: 44 rps with a burst to 274; generated where the trace is absent",
    "infadapter-non-bursty": "InfAdapter's other window: 155 rps falling to 45; generated where the trace is absent",
    "twitter-like": "a random process fitted to the whole Twitter trace, divided by 8",
    "twitter-like:DAMPING[:SECONDS]": "the same, divided by DAMPING, for 20 minutes or so many seconds",
    "twitter-day:DAMPING[:SECONDS]": "hours of a day of the whole trace, divided by DAMPING; seeds of training, "
    "validation and test take days of their own; generated where the trace is absent",
    "constant:RPS[:SECONDS]": "the same rate all the time, for 20 minutes or so many seconds",
    "ramp:A:B[:SECONDS]": "from A to B rps in a straight line",
    "step:A:B[:SECONDS]": "A rps, then B rps from half time on",
    "spike:A:B[:SECONDS]": "A rps with one minute at B rps at half time",
    "mmpp:A:B:A_S:B_S[:SECONDS]": "a Markov-modulated Poisson process: A rps for A_S s on average, B for B_S s",
    "diurnal:A:B:PERIOD_S[:SECONDS]": "a sine wave between A and B rps that begins anywhere",
    "flash-crowd:A:B:RISE_S:FALL_S[:SECONDS]": "A rps, at a random time a rise to B in RISE_S s, an exponential fall",
    "self-similar:MEAN:DEVIATION:HURST[:SECONDS]": "fractional Gaussian noise around a mean: bursts within bursts",
    "FILE[?OPTION=VALUE&...]": "a file of your own: counts, rates, timestamps, a load tester's output, a data set",
    "trace:FILE[:START-END]": "the same, or some seconds of it",
}

USUAL_S = 1200

SHAPES: dict[str, tuple[int, Callable[..., Workload]]] = {
    "constant": (1, lambda s, a: Constant(rate_rps=a, duration_s=s)),
    "ramp": (2, lambda s, a, b: Ramp(from_rps=a, to_rps=b, duration_s=s)),
    "step": (2, lambda s, a, b: Step(before_rps=a, after_rps=b, at_s=s // 2, duration_s=s)),
    "spike": (2, lambda s, a, b: Spike(base_rps=a, peak_rps=b, at_s=s // 2, duration_s=s)),
    "mmpp": (4, lambda s, a, b, t, u: Mmpp(low_rps=a, high_rps=b, low_s=t, high_s=u, duration_s=s)),
    "diurnal": (3, lambda s, a, b, t: Diurnal(low_rps=a, high_rps=b, period_s=t, duration_s=s)),
    "flash-crowd": (4, lambda s, a, b, t, u: FlashCrowd(base_rps=a, peak_rps=b, rise_s=t, fall_s=u, duration_s=s)),
    TWITTER_LIKE: (1, lambda s, d: TwitterLike(damping=d, duration_s=s)),
    "self-similar": (3, lambda s, m, d, h: SelfSimilar(mean_rps=m, deviation_rps=d, hurst=h, duration_s=s)),
}
"""For each shape, the number of its figures, and the function that makes it from its length in seconds and these."""


def by_name(name: str, trace: str | Path | None = None) -> Workload:
    """The workload called `name`; see `WORKLOADS` for the names. Any other name is the path of a file.

    The papers' windows and days of the trace are cut from `trace`, or from the file that IPAGYM_TRACES names; without a
    file they are generated.

    Raises:
        InputError: the name is unknown, a number is out of range, or the trace file cannot be used or is not needed.
    """
    if takes_trace(name):
        return _of_the_trace(name, find_trace() if trace is None else _path(trace))
    load = _generated_or_own(name)
    if trace is not None:
        raise unused_trace(name)
    return load


def takes_trace(name: str) -> bool:
    """True for a load that is cut from the Twitter trace if the file is available."""
    return name in WINDOWS or name.partition(":")[0] == TWITTER_DAY


def _of_the_trace(name: str, path: Path | None) -> Workload:
    if name in WINDOWS:
        return PATTERNS[name] if path is None else paper_window(name, path)
    (damping,), seconds = _numbers(name, name.partition(":")[2], 1)
    return twitter_day(damping, seconds, path)


def _generated_or_own(name: str) -> Workload:
    kind, _, rest = name.partition(":")
    if name == TWITTER_LIKE:
        return TwitterLike()
    if kind == "trace" and rest:
        return _from_file(rest)
    if kind in SHAPES:
        number, make = SHAPES[kind]
        rates, seconds = _numbers(name, rest, number)
        return make(seconds, *rates)
    path, options = split(name)
    if is_file(path) or _is_like_a_path(str(path)):
        return _read(path, options)
    raise unknown_name("workload", name, WORKLOADS)


def located(name: str, folder: Path) -> str:
    """The name of a workload; if it has a path, it is resolved from the folder."""
    kind, colon, path = name.partition(":")
    if kind == "trace" and colon and path:
        return f"trace:{folder / path}"
    if name in WORKLOADS or kind in SHAPES or kind == TWITTER_DAY:
        return name
    path = str(split(name)[0])
    return str(folder / name) if is_file(folder / path) or _is_like_a_path(path) else name


def _is_like_a_path(text: str) -> bool:
    return any(mark in text for mark in "/\\.?")


def _read(path: Path, options: ReadOptions) -> Workload:
    from ipagym.workload.recorded.reader import load_of  # pandas and pyarrow take a second to import

    return load_of(path, options)


def unused_trace(name: str) -> InputError:
    """An `InputError` for a trace file given with a load that is not cut from it."""
    return InputError(
        f"workload {name!r} takes nothing from a trace file given beside it: leave the trace out, or choose "
        f"one of {', '.join(WINDOWS)}, {TWITTER_DAY}:DAMPING"
    )


def find_trace() -> Path | None:
    """The trace file that the environment variable IPAGYM_TRACES names (a file, or a folder holding it), if set.

    Raises:
        InputError: the variable names neither.
    """
    value = os.environ.get(TRACES_VARIABLE)
    if not value:
        return None
    candidates = [Path(value), *(Path(value) / name for name in TRACE_NAMES)]
    for path in candidates:
        if is_file(path):
            return path
    raise InputError(f"{TRACES_VARIABLE}={value} is neither a trace file nor a folder with {' or '.join(TRACE_NAMES)}")


def _path(trace: str | Path) -> Path:
    try:
        return Path(trace)
    except TypeError:
        raise InputError(f"trace must be the path of a trace file, not {trace!r}") from None


def _numbers(name: str, text: str, number: int) -> tuple[list[float], int]:
    """The rates after the name, and the optional length in seconds."""
    parts = text.split(":")
    try:
        rates = [plain_number(part) for part in parts[:number]]
    except ValueError:
        rates = []
    seconds = parts[number] if len(parts) > number else str(USUAL_S)
    if len(rates) != number or len(parts) > number + 1 or not _is_second(seconds):
        raise InputError(
            f"workload {name!r} needs {number} number(s) after the name, separated by colons, and may have whole "
            "seconds after them"
        )
    return rates, int(seconds)


def _from_file(text: str) -> Workload:
    """The load of `FILE`, `FILE?OPTIONS`, `FILE:START-END` or `FILE?OPTIONS:START-END`."""
    rest, _, seconds = text.rpartition(":")
    start, dash, end = seconds.partition("-")
    if not (rest and dash and _is_second(start) and _is_second(end)):
        return _read(*split(text))
    path, options = split(rest)
    if (options.start_s, options.duration_s) != (0, None):
        raise InputError(f"trace {text}: give its seconds once, as :START-END or as options")
    if int(start) >= int(end):
        raise InputError(f"seconds {seconds} are none in trace {path}: the end must come after the start")
    return _read(path, replace(options, start_s=int(start), duration_s=int(end) - int(start)))


def _is_second(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_DURATION_S))
