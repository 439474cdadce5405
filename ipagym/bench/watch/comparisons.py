"""A comparison or a leaderboard's run, from its folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from time import time

import pandas as pd

from ipagym.bench.leaderboard.run import SUITE, suite_in
from ipagym.bench.storage.manifest import FILE_NAME, Manifest, read_manifest
from ipagym.bench.watch.state import Line, Part, Watched, time_left_s
from ipagym.system.errors import InputError

HEADINGS = ("late %", "cores", "PAS", "reward")
COLUMNS = ["agent", "seed", "arrivals", "violations", "cores", "pas", "reward"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Seen:
    """A finished episode: its figures as in `HEADINGS`, and the reward of every window."""

    agent: str
    seed: int
    figures: tuple[float, ...]
    rewards: tuple[float, ...]
    written_s: float


def watch_comparison(folder: Path) -> Watched:
    """The comparison in the folder.

    Raises:
        InputError: its files cannot be read.
    """
    seen = _episodes(folder)
    return _watched(str(folder), (_part(folder.resolve().name, _manifest(folder), seen),), seen)


def watch_leaderboard(folder: Path) -> Watched:
    """The run of a suite in the folder, including tasks that have not begun.

    Raises:
        InputError: its files cannot be read.
    """
    suite = suite_in(folder)
    parts, every = [], []
    for group in suite.groups:
        inside = folder / group.name
        if (inside / FILE_NAME).is_file():
            seen = _episodes(inside)
            every += seen
            parts.append(_part(group.name, _manifest(inside), seen))
        else:
            total = len(group.agents) * suite.file.seeds
            parts.append(Part(title=group.name, done=0, total=total, is_finished=False))
    return _watched(f"{suite.name} in {folder}", tuple(parts), every)


def is_leaderboard(folder: Path) -> bool:
    """True for the folder of a suite's run."""
    return (folder / SUITE).is_file()


def is_comparison(folder: Path) -> bool:
    """True for the folder of a comparison."""
    return (folder / FILE_NAME).is_file()


def _watched(title: str, parts: tuple[Part, ...], seen: Sequence[_Seen]) -> Watched:
    left = sum(part.total - part.done for part in parts if not part.is_finished)
    return Watched(title=title, unit="episodes", parts=parts,
                   left_s=time_left_s([each.written_s for each in seen], left, time()))  # fmt: skip


def _manifest(folder: Path) -> Manifest:
    try:
        return read_manifest(folder)
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: {error}: give a folder that `ipagym compare` writes") from error


def _part(title: str, manifest: Manifest, seen: Sequence[_Seen]) -> Part:
    seeds = set(manifest.seeds)
    lines = tuple(
        _line(agent, manifest, [each for each in seen if each.agent == agent and each.seed in seeds])
        for agent in manifest.agents
    )
    return Part(
        title=title,
        done=sum(line.done for line in lines),
        total=sum(line.total for line in lines),
        is_finished=manifest.windows_sha256 is not None,
        headings=HEADINGS,
        lines=lines,
    )


def _line(agent: str, manifest: Manifest, seen: Sequence[_Seen]) -> Line:
    means = [sum(column) / len(seen) for column in zip(*(each.figures for each in seen), strict=True)]
    latest = max(seen, key=lambda each: each.written_s, default=None)
    return Line(
        name=agent,
        done=len(seen),
        total=len(manifest.seeds),
        figures=tuple(f"{mean:.2f}" for mean in means) or ("",) * len(HEADINGS),
        course=latest.rewards if latest else (),
        failed=manifest.failed.get(agent),
    )


def _episodes(folder: Path) -> list[_Seen]:
    """The stored episodes. Each is read once, as its file does not change later."""
    return [_read(path, path.stat().st_mtime_ns) for path in sorted((folder / "episodes").glob("*.parquet"))]


@lru_cache(maxsize=100_000)
def _read(path: Path, written_ns: int) -> _Seen:
    try:
        frame = pd.read_parquet(path, columns=COLUMNS)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path} is no episode of ipagym ({error}): remove it") from error
    late = 100 * frame["violations"].sum() / max(frame["arrivals"].sum(), 1)
    return _Seen(
        agent=str(frame["agent"].iloc[0]),
        seed=int(frame["seed"].iloc[0]),
        figures=(float(late), float(frame["cores"].mean()), 100 * float(frame["pas"].mean()),
                 float(frame["reward"].mean())),
        rewards=tuple(frame["reward"]),
        written_s=written_ns / 1e9,
    )  # fmt: skip
