"""Episodes of an entry, run again and compared window by window."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from ipagym.bench.comparison.compare import compare
from ipagym.bench.leaderboard.checks import Entry
from ipagym.bench.leaderboard.entry import stored_in
from ipagym.bench.leaderboard.run import plan_of
from ipagym.bench.leaderboard.searched import search_all
from ipagym.bench.storage.code_mark import package_mark
from ipagym.system.errors import InputError


def run_again(entry: Entry, cells: Sequence[tuple[str, int]], workers: int) -> None:
    """Run some cells of an entry again and compare every window.

    Raises:
        InputError: a cell differs, or the agent or the package is not the one that made the entry.
    """
    if entry.manifest.package != package_mark():
        raise InputError(f"{entry.source}: package is {entry.manifest.package}, and {package_mark()} here: check it "
                         f"with the code of ipagym {entry.manifest.ipagym} that made it")  # fmt: skip
    with TemporaryDirectory(prefix="ipagym-verify-") as scratch:
        for name in dict.fromkeys(name for name, _ in cells):
            seeds = sorted(seed for group, seed in cells if group == name)
            _run_again(entry, name, seeds, (Path(scratch), workers))


def some_cells(entry: Entry, number: int, rng: random.Random) -> list[tuple[str, int]]:
    """`number` cells drawn at random, or all if there are fewer."""
    return rng.sample(entry.cells, min(number, len(entry.cells)))


def _run_again(entry: Entry, name: str, seeds: Sequence[int], place: tuple[Path, int]) -> None:
    scratch, workers = place
    agent, asked = entry.manifest.agent, entry.manifest.asked
    group = next(replace(each, agents={agent: asked}) for each in entry.suite.groups if each.name == name)
    search_all([group], workers, _unheard)
    found = compare(plan_of(entry.suite, group, scratch, seeds), workers=workers, tick=_unheard)
    mark = found.manifest.fingerprints[agent]
    if mark != entry.manifest.fingerprints[name]:
        raise InputError(f"{entry.source}: {name}: the code of {asked} is not the one that made the entry: "
                         f"its mark is {mark} here and {entry.manifest.fingerprints[name]} there")  # fmt: skip
    again = stored_in(scratch, group, (agent, mark), seeds)
    for seed in seeds:
        here = again[seed]
        assert here is not None
        _check_same(f"{entry.source}: {name}, seed {seed}", entry.stored[name][seed].frame, here.frame)


def _unheard(done: int, total: int) -> None:
    """Discards the progress."""


def _check_same(where: str, there: pd.DataFrame, here: pd.DataFrame) -> None:
    """Make sure that two runs of an episode are the same in every window and column."""
    if list(there.columns) != list(here.columns):
        raise InputError(f"{where}: the columns are not those of this version")
    for column in here.columns:
        for window, (old, new) in enumerate(zip(there[column], here[column], strict=True)):
            if not _equal(old, new):
                raise InputError(
                    f"{where}: window {window}: {column} is {_short(old)}, and {_short(new)} when run again"
                )


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, np.ndarray) or isinstance(new, np.ndarray):
        return len(old) == len(new) and all(map(_equal, old, new))
    return bool(old == new or (old != old and new != new))


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:60]}…"
