"""The time of a new process to its first step: with everything to compile, and with the compiled code kept."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from ipagym.bench.engine_speed.measure import Progress, Row

CACHED_STARTS = 3
RATE_RPS = 20
FIRST_STEP = f"""
import gymnasium, ipagym
from ipagym.workload.generators import Constant
env = gymnasium.make("ipagym/Video-v0", workload=Constant(rate_rps={RATE_RPS}, duration_s=1200), backend="compiled")
env.reset(seed=0)
env.step(env.action_space.sample())
"""


def rows(progress: Progress, *, quick: bool) -> list[Row]:
    """Seconds to the first step; a quick run leaves the compilation out and uses the code that is kept already."""
    if quick:
        cached = _row("cached start", _starts_s(1, None, progress)[1:])
        return [_row("first start", (), "not in a quick run"), cached]
    with TemporaryDirectory(prefix="ipagym-start-") as folder:
        first_s, *cached_s = _starts_s(CACHED_STARTS, Path(folder), progress)
    return [_row("first start", [first_s]), _row("cached start", cached_s)]


def _starts_s(cached: int, folder: Path | None, progress: Progress) -> list[float]:
    """Seconds of a first start, that fills the cache in `folder`, and of `cached` more."""
    seconds = []
    for done in range(cached + 1):
        progress("cached start" if done else "first start", done, cached + 1)
        seconds.append(_first_step_s(folder))
    return seconds


def _first_step_s(cache: Path | None) -> float:
    """Wall seconds of a process that takes one step, with its compiled code in `cache`."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    start_s = perf_counter()
    subprocess.run([sys.executable, "-c", FIRST_STEP], env=environment, check=True)  # noqa: S603
    return perf_counter() - start_s


def _row(name: str, seconds: Sequence[float], note: str = "") -> Row:
    return Row(
        model="process to first step",
        contender=name,
        rate_rps=RATE_RPS,
        unit="s",
        median=median(seconds) if seconds else None,
        low=min(seconds, default=None),
        high=max(seconds, default=None),
        note=note,
    )
