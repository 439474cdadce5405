"""The run in a folder, of any kind."""

from pathlib import Path

from ipagym.bench.watch.comparisons import is_comparison, is_leaderboard, watch_comparison, watch_leaderboard
from ipagym.bench.watch.state import Watched
from ipagym.bench.watch.training import is_training, watch_training
from ipagym.system.errors import InputError


def look(folder: Path) -> Watched:
    """The progress of the run in the folder.

    Raises:
        InputError: there is no such folder, or it has no run of ipagym.
    """
    if is_leaderboard(folder):
        return watch_leaderboard(folder)
    if is_comparison(folder):
        return watch_comparison(folder)
    if is_training(folder):
        return watch_training(folder)
    raise InputError(f"nothing to watch in {folder}: give the --out of `ipagym compare`, `leaderboard run` or `train`, "
                     "or a scenario with --agent")  # fmt: skip
