"""The tables of the suite: what adapting is worth on each of its tasks, measured on seeds of test."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ipagym.api import compare
from ipagym.bench.comparison.results import Comparison, load_results
from ipagym.cli.controllers import markdown
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

METRICS = {"reward": "reward", "cores": "cores", "pas_percent": "PAS points", "violation_percent": "violation points"}
"""What a gap is told in, with the heading of its column."""


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
    compare(task, agents, seeds=SEARCHED, seed0=TEST.first, out=_searched(task, folder))


def agents_of(task: str) -> list[str]:
    """The best constant, the optimiser as published, and with its forecast scaled as is best in training."""
    return [CONSTANT, OPTIMISERS[task], f"tuned:{OPTIMISERS[task]}"]


def rewards_table(folder: Path) -> str:
    """Mean rewards of a window as a table in Markdown, of the tasks that `folder` has."""
    head = ["task", "best constant", "optimiser", "tuned", f"mpc ({SEARCHED} seeds)", f"clairvoyant ({SEARCHED} seeds)"]
    return markdown([head, *(_rewards(task, folder) for task in _done(folder))])


def gaps_table(folder: Path) -> str:
    """Paired differences as a table in Markdown: reward with its 95 % half width, and what it is made of."""
    head = ["task", "from", "to", "seeds", *METRICS.values()]
    return markdown([head, *(row for task in _done(folder) for row in _gaps(task, folder))])


def gap_cells(found: Comparison, worse: str, better: str) -> list[str]:
    """The seeds, and how much one agent differs from another on them in each of `METRICS`."""
    pairs = found.paired(better, worse)
    half_width = pairs["ci95"]["reward"]
    reward, *others = (_signed(pairs["difference"][metric]) for metric in METRICS)
    return [str(pairs["seeds"]["reward"]), f"{reward} ± {half_width:.2f}", *others]


def _gaps(task: str, folder: Path) -> list[list[str]]:
    many, few = load_results(folder / task), load_results(_searched(task, folder))
    constant, optimiser, tuned = agents_of(task)
    pairs = [(many, constant, optimiser), (many, optimiser, tuned), (few, tuned, MPC), (few, tuned, CLAIRVOYANT)]
    return [[task, worse, better, *gap_cells(found, worse, better)] for found, worse, better in pairs]


def _rewards(task: str, folder: Path) -> list[str]:
    many, few = load_results(folder / task), load_results(_searched(task, folder))
    return [task, *(_reward(many, agent) for agent in agents_of(task)), _reward(few, MPC), _reward(few, CLAIRVOYANT)]


def _reward(found: Comparison, agent: str) -> str:
    row = found.summary.set_index("agent").loc[agent]
    return f"{row['reward']:.2f} ± {row['reward_ci95']:.2f}".replace("-", "−")


def _done(folder: Path) -> Sequence[str]:
    return [task for task in OPTIMISERS if _searched(task, folder).exists()]


def _searched(task: str, folder: Path) -> Path:
    return folder / f"{task}-searched"


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−")
