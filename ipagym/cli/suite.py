"""The tables of the suite: the gain from adapting on each of its tasks, measured on test seeds."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ipagym.cli.controllers import markdown
from ipagym.cli.zoo import SLOW, SUITE
from ipagym.cli.zoo_trials import CONSTANT, METRICS, gap_cells, regret_cell, reward_cell, trials


def tables(tasks: Sequence[str], results: Path) -> str:
    """Mean rewards and paired differences as Markdown tables; existing results in `results` are reused."""
    episodes = {task: trials(task, None, results) for task in tasks}
    rewards = [["task", "best constant", "optimiser", "tuned", "mpc", "clairvoyant", "policy", "regret left"]]
    rewards += [_rewards(task, found) for task, found in episodes.items()]
    gaps = [["task", "from", "to", "seeds", *METRICS.values()]]
    gaps += [row for task, found in episodes.items() for row in _gaps(task, found)]
    return f"{markdown(rewards)}\n\n{markdown(gaps)}"


def _rewards(task: str, episodes: pd.DataFrame) -> list[str]:
    optimiser, own = SUITE[task].optimiser, f"zoo:{task}"
    agents = (CONSTANT, optimiser, SUITE[task].tuned, *SLOW, own)
    return [task, *(reward_cell(episodes, agent) for agent in agents), regret_cell(episodes, own, optimiser)]


def _gaps(task: str, episodes: pd.DataFrame) -> list[list[str]]:
    optimiser, tuned, own = SUITE[task].optimiser, SUITE[task].tuned, f"zoo:{task}"
    mpc, clairvoyant = SLOW
    pairs = [(CONSTANT, optimiser), (optimiser, tuned), *((each, own) for each in (CONSTANT, optimiser, tuned, mpc))]
    return [
        [task, worse, better, *gap_cells(episodes, worse, better)] for worse, better in [*pairs, (own, clairvoyant)]
    ]
