"""The tables of the suite: what adapting is worth on each of its tasks, measured on seeds of test."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ipagym.cli.controllers import markdown
from ipagym.cli.zoo import SUITE
from ipagym.cli.zoo_trials import METRICS, gap_cells, mean_cell, regret_cell, trials

CONSTANT, MPC, CLAIRVOYANT = "static:best", "mpc", "clairvoyant"


def tables(tasks: Sequence[str], results: Path) -> str:
    """Mean rewards, and paired differences, as tables in Markdown; what `results` has is not run again."""
    episodes = {task: trials(task, None, {}, results) for task in tasks}
    rewards = [["task", "best constant", "optimiser", "tuned", "mpc", "clairvoyant", "policy", "regret left"]]
    rewards += [_rewards(task, found) for task, found in episodes.items()]
    gaps = [["task", "from", "to", "seeds", *METRICS.values()]]
    gaps += [row for task, found in episodes.items() for row in _gaps(task, found)]
    return f"{markdown(rewards)}\n\n{markdown(gaps)}"


def optimisers_of(task: str) -> tuple[str, str]:
    """The optimiser of the task's paper, as published and with its forecast scaled as is best in training."""
    _, optimiser, tuned = SUITE[task].rivals
    return optimiser, tuned


def _rewards(task: str, episodes: pd.DataFrame) -> list[str]:
    optimiser, tuned = optimisers_of(task)
    agents = (CONSTANT, optimiser, tuned, MPC, CLAIRVOYANT, f"zoo:{task}")
    return [task, *(mean_cell(episodes, agent) for agent in agents), regret_cell(episodes, agents[-1], optimiser)]


def _gaps(task: str, episodes: pd.DataFrame) -> list[list[str]]:
    optimiser, tuned = optimisers_of(task)
    own = f"zoo:{task}"
    pairs = [(CONSTANT, optimiser), (optimiser, tuned), *((each, own) for each in (CONSTANT, optimiser, tuned, MPC))]
    return [
        [task, worse, better, *gap_cells(episodes, worse, better)] for worse, better in [*pairs, (own, CLAIRVOYANT)]
    ]
