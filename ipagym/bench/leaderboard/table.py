"""Leaderboards as tables: for the terminal, in Markdown, as CSV."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from ipagym.bench.leaderboard.board import Board
from ipagym.bench.leaderboard.ranking import Standing, on_task, overall
from ipagym.bench.leaderboard.statistics import Interval, performance_profile
from ipagym.bench.storage.readme import write_readme
from ipagym.system.files import write_atomically

THRESHOLDS = tuple(round(-1 + 0.05 * step, 2) for step in range(41))
"""Scores at which performance profiles are written: from −1 to 1."""

Column = tuple[str, Callable[[Standing], str]]

SEVERAL: tuple[Column, ...] = (
    ("#", lambda each: "–" if each.rank is None else str(each.rank)),
    ("agent", lambda each: each.agent),
    ("tasks", lambda each: str(each.tasks)),
    ("late %", lambda each: _figure(each, "violation_percent", 2)),
    ("cores", lambda each: _figure(each, "cores", 2)),
    ("PAS %", lambda each: _figure(each, "pas_percent", 2)),
    ("score, IQM", lambda each: _interval(each.iqm)),
    ("score, mean", lambda each: _interval(each.mean)),
    ("− reference", lambda each: "" if each.against is None else _interval(each.against.difference)),
    ("p (Holm)", lambda each: "" if each.against is None else f"{each.against.p_value:.3f}"),
    ("P(better)", lambda each: "" if each.against is None else _interval(each.against.improvement)),
    ("decide ms", lambda each: _figure(each, "decision_ms", 2)),
)
"""Columns of the table over all tasks."""

ONE: tuple[Column, ...] = (
    *(SEVERAL[0], SEVERAL[1], *SEVERAL[3:6]),
    ("drops %", lambda each: _figure(each, "drop_percent", 2)),
    ("p99 s", lambda each: _figure(each, "latency_p99_s", 2)),
    ("reward", lambda each: _interval(each.mean)),
    ("− reference", lambda each: "" if each.against is None else _interval(each.against.difference)),
    ("regret", lambda each: _figure(each, "regret", 2)),
    ("switches", lambda each: _figure(each, "switching", 2)),
    ("energy kJ", lambda each: _figure(each, "energy_kj", 1)),
    ("decide ms", lambda each: _figure(each, "decision_ms", 2)),
)
"""Columns of the table of one task."""


ENOUGH_SEEDS = 6
"""Seeds from which on a bootstrap, and a test by changes of sign, can say something of one task."""

FEW = f"fewer than {ENOUGH_SEEDS} seeds: bootstrap intervals reach no further than what ran, and are too narrow"


def tables(board: Board) -> list[tuple[str, list[list[str]]]]:
    """Title and rows, the headings first, of the table over all tasks and of one for each task."""
    suite = board.suite
    title = f"{suite.name}: {len(board.scored())} of {len(suite.groups)} tasks, {suite.file.seeds} seeds each"
    found = [(title, rows(SEVERAL, overall(board)))]
    for group in suite.groups:
        found.append((f"{group.name}: {_scale(board, group.name)}", rows(ONE, on_task(board, group.name))))
    return found


def rows(columns: Sequence[Column], standings: Sequence[Standing]) -> list[list[str]]:
    """The headings and a row for each standing, in text."""
    return [[heading for heading, _ in columns], *([text(each) for _, text in columns] for each in standings)]


def notes(board: Board) -> list[str]:
    """What has to be known of the tables, and who failed."""
    reference = board.suite.file.reference
    return [
        f"score: 0 for {reference}, 1 for the ceiling of the task; [95 % stratified bootstrap interval over seeds]",
        "equal ranks: not told apart on the same seeds; –: tasks are missing, so that there is no rank",
        *([FEW] if board.suite.file.seeds < ENOUGH_SEEDS else []),
        *(f"failed: {each.agent} on {each.group}: {each.reason}" for each in board.failures),
    ]


def overall_frame(board: Board) -> pd.DataFrame:
    """The table over all tasks with numbers: a row per agent, `_low` and `_high` for the bounds of intervals."""
    return pd.DataFrame(map(_flat, overall(board)))


def profiles_frame(board: Board) -> pd.DataFrame:
    """Performance profiles: the share of an agent's runs that score above each of `THRESHOLDS`."""
    found = {agent: performance_profile(board.values(agent, groups), THRESHOLDS)
             for agent in board.agents() if (groups := board.groups_of(agent))}  # fmt: skip
    return pd.DataFrame({"score_above": THRESHOLDS, **found})


FILES = {
    "leaderboard.md": "all tables, in Markdown",
    "leaderboard.csv": "a row per agent over all tasks: scores, intervals, ranks",
    "profiles.csv": "the share of an agent's runs above each score",
    "cells.csv": "a row per task, agent and seed",
    "suite.json": "the suite that was run, in the folder of a run",
    "*/": "the comparison of each task, with a README of its own, in the folder of a run",
}


def write_tables(board: Board, folder: Path) -> None:
    """Write `leaderboard.csv`, `profiles.csv`, `cells.csv` and `leaderboard.md` into the folder, with a README."""
    frames = {"leaderboard": overall_frame(board), "profiles": profiles_frame(board), "cells": board.cells}
    for name, frame in frames.items():
        write_atomically(folder / f"{name}.csv", frame.to_csv(index=False).encode())
    write_atomically(folder / "leaderboard.md", markdown(board).encode())
    write_readme(folder, "A leaderboard", {"agents": ", ".join(board.agents())}, FILES)


def markdown(board: Board) -> str:
    """All tables in Markdown."""
    parts = []
    for title, lines in tables(board):
        head, *body = (f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
        parts.append("\n".join([f"### {title}", "", head, "|" + "---|" * len(lines[0]), *body]))
    return "\n\n".join([*parts, "\n".join(f"- {note}" for note in notes(board))]) + "\n"


def _flat(each: Standing) -> dict[str, object]:
    found: dict[str, object] = {"rank": each.rank, "agent": each.agent, "tasks": each.tasks}
    found |= {name: value for name, value in each.figures.items() if name not in ("reward", "regret")}
    found |= _bounds("score_iqm", each.iqm) | _bounds("score_mean", each.mean)
    if each.against is not None:
        found |= _bounds("difference", each.against.difference) | {"p_holm": each.against.p_value}
        found |= _bounds("improvement", each.against.improvement)
    return found


def _bounds(name: str, found: Interval) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def _scale(board: Board, group: str) -> str:
    anchors = board.anchors.get(group)
    if anchors is None:
        return "no scores, as nothing is above the reference or the reference failed"
    return f"score 0 at a reward of {anchors.zero:.2f}, 1 at {anchors.one:.2f} ({anchors.source})"


def _figure(each: Standing, name: str, digits: int) -> str:
    return f"{each.figures[name]:.{digits}f}" if name in each.figures else ""


def _interval(found: Interval) -> str:
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"
