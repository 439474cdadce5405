"""Fuzz every reader, past its first error: `python -m tests.fuzz.campaign --minutes 10 [--only manifest]`.

Unlike `tests.fuzz.minutes` it goes on after an error and shows the smallest input of each kind of error that it met.
"""

import argparse
import multiprocessing
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.harder import HARDER
from tests.fuzz.targets import TARGETS, outcome

EVERY = TARGETS | HARDER
MEMORY_BYTES = 6_000_000_000
SLOWEST_S = 5
SHOWN = 600


@dataclass(slots=True)
class Found:
    """How often a reader did what, and the smallest input of each kind of error."""

    seen: Counter[str] = field(default_factory=Counter)
    smallest: dict[str, str] = field(default_factory=dict)
    slowest_s: float = 0.0

    def take(self, target: Any, given_: Any) -> None:
        begun_s = time.monotonic()
        kind = kind_of(target, given_)
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun_s)
        self.seen[kind] += 1
        if kind not in ("taken", "refused"):
            shown = repr(given_)
            self.smallest[kind] = min(self.smallest.get(kind, shown), shown, key=len)


class TooSlow(Exception):
    """A reader did not answer in time."""


def kind_of(target: Any, given_: Any) -> str:
    """`taken`, `refused`, or the error and where in the project it was come to."""
    signal.setitimer(signal.ITIMER_REAL, SLOWEST_S, 0.1)  # again and again: destructors swallow what they are sent
    try:
        return outcome(target, given_)
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
        places = [f"{f.filename.rsplit('/', 2)[-2:]}:{f.lineno}" for f in frames if "/tests/" not in f.filename]
        return f"{type(error).__name__} {str(error)[:60]!r} at {' < '.join(reversed(places[-2:])) or 'tests'}"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def on_alarm(*_: Any) -> None:
    raise TooSlow(f"no answer in {SLOWEST_S} s")


def fuzz(name: str, minutes: float) -> Found:
    """Feed one reader for so long with ever new inputs."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.signal(signal.SIGALRM, on_alarm)
    found, target, number = Found(), EVERY[name], time.time_ns()
    end_s = time.monotonic() + 60 * minutes
    while time.monotonic() < end_s:
        number += 1

        @seed(number)
        @settings(max_examples=200, database=None, deadline=None, suppress_health_check=list(HealthCheck),
                  phases=(Phase.generate,))  # fmt: skip
        @given(target.inputs)
        def feed(given_: Any) -> None:
            if time.monotonic() < end_s:
                found.take(target, given_)

        feed()
    return found


def tell(name: str, found: Found) -> bool:
    """Print what was found; whether there was an error."""
    known = {kind: found.seen[kind] for kind in ("taken", "refused")}
    print(f"{name}: {found.seen.total()} inputs, {known}, slowest {found.slowest_s:.2f} s", flush=True)
    for kind, shown in found.smallest.items():
        print(f"  {found.seen[kind]} × {kind}\n    {shown[:SHOWN]}", flush=True)
    return bool(found.smallest)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--only", choices=list(EVERY), nargs="*", default=list(EVERY))
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    has_failed = False
    with multiprocessing.get_context("spawn").Pool(chosen.processes, maxtasksperchild=1) as pool:
        jobs = {name: pool.apply_async(fuzz, (name, chosen.minutes)) for name in chosen.only}
        for name, job in jobs.items():
            try:
                # A process that dies takes its answer with it: without a limit one would wait for ever.
                has_failed |= tell(name, job.get(timeout=60 * (chosen.minutes + 2) * len(jobs)))
            except multiprocessing.TimeoutError:
                has_failed = True
                print(f"{name}: its process died", flush=True)
    return int(has_failed)


if __name__ == "__main__":
    sys.exit(main())
