"""One leaderboard of a run and the entries of others."""

from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

import pandas as pd

from ipagym.bench.comparison.compare import check_same_requests
from ipagym.bench.comparison.results import load_results
from ipagym.bench.comparison.summary import episode_metrics
from ipagym.bench.leaderboard.board import ENERGY, SWITCHING, Board, make_board, read_board
from ipagym.bench.leaderboard.checks import Entry, read_entry
from ipagym.bench.leaderboard.suite import Group
from ipagym.bench.storage.store import Store, Stored
from ipagym.system.errors import InputError


def merge(folder: Path, files: Sequence[Path]) -> Board:
    """The board of the results in a folder together with entries to the same suite, whose hashes and figures are
    checked; nothing is run again. If the name of an entry's agent is taken, a number is appended.

    Raises:
        InputError: an entry is wrong, is for another suite, or had other requests.
    """
    board = read_board(folder)
    frames = [board.cells]
    taken = set(board.agents())
    for path in files:
        entry = read_entry(path)
        if entry.manifest.suite_digest != board.suite.digest:
            raise InputError(f"{path} is an entry to {entry.suite.name} {entry.manifest.suite_digest}, and {folder} "
                             f"has {board.suite.name} {board.suite.digest}")  # fmt: skip
        _check_requests(entry, board, folder)
        name = _free(entry.manifest.agent, taken)
        frames += [cells_of(name, group, each.values()) for group, each in entry.stored.items()]
    cells = pd.concat(frames, ignore_index=True)
    return make_board(board.suite, {str(name): own for name, own in cells.groupby("group", sort=False)}, board.failures)


def cells_of(agent: str, group: str, episodes: Iterable[Stored]) -> pd.DataFrame:
    """A row for each episode, as a board has it."""
    return pd.DataFrame(
        {
            "group": group,
            "agent": agent,
            "seed": each.seed,
            **episode_metrics(each.frame, each.decision_s),
            SWITCHING: float(each.frame["reward_switching"].mean()),
            ENERGY: float(each.frame["energy_j"].sum() / 1000),
        }
        for each in episodes
    )


def _check_requests(entry: Entry, board: Board, folder: Path) -> None:
    """Make sure that the entry met the requests that the board's agents met."""
    for group in board.suite.groups:
        for seed, own in entry.stored.get(group.name, {}).items():
            other = _any_episode(group, folder, seed)
            if other is not None:
                check_same_requests({other.agent: other, entry.source: own})


def _any_episode(group: Group, folder: Path, seed: int) -> Stored | None:
    """An episode on the seed, of any agent that has results."""
    manifest = load_results(folder / group.name).manifest
    store = Store(folder / group.name, group.scenario)
    found = (
        store.find(agent, seed, mark) for agent, mark in manifest.fingerprints.items() if agent not in manifest.failed
    )
    return next((each for each in found if each is not None), None)


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name}-{number}" for number in count(2))
    free = name if name not in taken else next(each for each in numbered if each not in taken)
    taken.add(free)
    return free
