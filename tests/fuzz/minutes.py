"""Fuzz every reader for so many minutes: `python -m tests.fuzz.minutes --minutes 10 [--only profile]`."""

import argparse
import multiprocessing
import resource
import sys
import time
from collections import Counter

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.nearly_sound import NEARLY_SOUND
from tests.fuzz.targets import TARGETS, outcome

EVERY = TARGETS | NEARLY_SOUND

MEMORY_BYTES = 6_000_000_000
"""All that a process may take: a reader that wants more is at fault."""

SLOWEST_S = 3.0


def fuzz(name: str, minutes: float) -> tuple[str, Counter[str], float]:
    """Feed one reader for so long; how often it did what, and the seconds of its slowest answer."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    target, seen, slowest_s = EVERY[name], Counter[str](), 0.0
    end_s = time.monotonic() + 60 * minutes
    number = time.time_ns()
    while time.monotonic() < end_s:
        number += 1

        @seed(number)
        @settings(
            max_examples=500, database=None, deadline=None, suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.target, Phase.shrink),
        )  # fmt: skip
        @given(target.inputs)
        def feed(given: object) -> None:
            nonlocal slowest_s
            begun_s = time.process_time()
            seen[outcome(target, given)] += 1
            took_s = time.process_time() - begun_s
            slowest_s = max(slowest_s, took_s)
            assert took_s < SLOWEST_S, f"took {took_s:.1f} s"

        feed()
    return name, seen, slowest_s


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--only", choices=list(EVERY), nargs="*", default=list(EVERY))
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    failed = False
    with multiprocessing.get_context("spawn").Pool(chosen.processes, maxtasksperchild=1) as pool:
        jobs = {name: pool.apply_async(fuzz, (name, chosen.minutes)) for name in chosen.only}
        for name, job in jobs.items():
            try:
                _, seen, slowest_s = job.get()
                print(f"{name}: {seen.total()} inputs, {dict(seen)}, slowest {slowest_s:.2f} s", flush=True)
            except Exception as error:
                failed = True
                print(f"{name}: FAILED\n{error!r}", flush=True)
                for note in getattr(error, "__notes__", []):
                    print(note, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
