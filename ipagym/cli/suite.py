"""The table of the suite: what adapting is worth on each of its tasks, measured on seeds of test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ipagym.api import compare
from ipagym.bench.comparison.confidence import half_width
from ipagym.bench.comparison.results import load_results
from ipagym.task.splits import TEST

OPTIMISERS: Mapping[str, str] = {
    "video-day": "ipa",
    "video-day-faults": "ipa",
    "joint-day": "joint",
    "infadapter-day": "infadapter",
    "sponge-waves": "sponge",
}
"""The tasks of the suite, each with the optimiser of its paper."""

SEEDS = 10
"""Episodes of all agents but those that search."""

SEARCHED = 2
"""Episodes of those that search, model predictive control and the clairvoyant: minutes each."""

CONSTANT, MPC, CLAIRVOYANT = "static:best", "mpc", "clairvoyant"


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """How much one agent does better than another on the same seeds: means, and for the reward the 95 % half width."""

    reward: float
    half_width: float
    cores: float
    pas_points: float
    violation_points: float


def measure(task: str, folder: Path) -> None:
    """Run the agents of one task on seeds of test; what is in `folder` is not run again."""
    measure_many(task, folder)
    measure_searched(task, folder)


def measure_many(task: str, folder: Path) -> None:
    """Run those that decide at once, on many seeds."""
    compare(task, agents_of(task), seeds=SEEDS, seed0=TEST.first, out=folder / task)


def measure_searched(task: str, folder: Path) -> None:
    """Run those that search, and the optimiser that they are held against, on few seeds."""
    agents = [agents_of(task)[-1], MPC, CLAIRVOYANT]
    compare(task, agents, seeds=SEARCHED, seed0=TEST.first, out=folder / f"{task}-searched")


def agents_of(task: str) -> list[str]:
    """The best constant, the optimiser as published, and with its forecast scaled as is best in training."""
    return [CONSTANT, OPTIMISERS[task], f"tuned:{OPTIMISERS[task]}"]


def rewards_table(folder: Path) -> str:
    """Mean rewards of a window as a table in Markdown, of the tasks that `folder` has."""
    head = ["task", "best constant", "optimiser", "tuned", f"{MPC} ({SEARCHED} seeds)", f"clairvoyant ({SEARCHED})"]
    return _markdown(head, [_rewards(task, folder) for task in _done(folder)])


def gaps_table(folder: Path) -> str:
    """The gaps as a table in Markdown: reward, and what it is made of."""
    head = ["task", "from", "to", "seeds", "reward", "cores", "PAS points", "violation points"]
    return _markdown(head, [row for task in _done(folder) for row in _gap_rows(task, folder)])


def gap(better: pd.DataFrame, worse: pd.DataFrame) -> Gap:
    """The gap between two tables of episodes by seed, as `by_seed` makes them."""
    found = better - worse
    return Gap(
        reward=float(found["reward"].mean()),
        half_width=half_width(found["reward"].tolist()) if len(found) > 1 else float("nan"),
        cores=float(found["cores"].mean()),
        pas_points=100 * float(found["pas"].mean()),
        violation_points=100 * float(found["violations"].mean()),
    )


def by_seed(windows: pd.DataFrame, agent: str) -> pd.DataFrame:
    """The episodes of an agent: mean reward, cores and PAS of a window and the share of requests late or dropped."""
    own = windows[windows["agent"] == agent].groupby("seed")
    means = own[["reward", "cores", "pas"]].mean()
    sums = own[["violations", "arrivals"]].sum()
    return means.assign(violations=sums["violations"] / np.maximum(sums["arrivals"], 1))


def _done(folder: Path) -> list[str]:
    return [task for task in OPTIMISERS if (folder / f"{task}-searched" / "windows.parquet").exists()]


def _rewards(task: str, folder: Path) -> list[str]:
    every = load_results(folder / task).windows
    few = load_results(folder / f"{task}-searched").windows
    means = [by_seed(every, agent)["reward"] for agent in agents_of(task)]
    searched = [by_seed(few, agent)["reward"] for agent in (MPC, CLAIRVOYANT)]
    return [task, *(_mean(values) for values in [*means, *searched])]


def _gap_rows(task: str, folder: Path) -> list[list[str]]:
    every = load_results(folder / task).windows
    few = load_results(folder / f"{task}-searched").windows
    _, optimiser, tuned = agents_of(task)
    pairs = [(every, CONSTANT, optimiser), (every, CONSTANT, tuned), (few, tuned, CLAIRVOYANT), (few, tuned, MPC)]
    return [_gap_row(task, *pair) for pair in pairs]


def _gap_row(task: str, windows: pd.DataFrame, worse: str, better: str) -> list[str]:
    first, second = by_seed(windows, worse), by_seed(windows, better)
    found = gap(second, first)
    parts = [f"{value:+.2f}" for value in (found.cores, found.pas_points, found.violation_points)]
    shown = [f"{found.reward:+.2f} ± {found.half_width:.2f}", *parts]
    return [task, worse, better, str(len(first)), *(text.replace("-", "−") for text in shown)]


def _mean(values: pd.Series) -> str:
    spread = f" ± {half_width(values.tolist()):.2f}" if len(values) > 1 else ""
    return f"{values.mean():.2f}{spread}".replace("-", "−")


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])
