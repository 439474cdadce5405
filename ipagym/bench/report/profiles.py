"""Performance profiles: on what share of its runs an agent scores above each level.

After Agarwal et al., Deep reinforcement learning at the edge of the statistical precipice (NeurIPS 2021), section 4.2.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.bench.comparison.summary import CLAIRVOYANT
from ipagym.bench.report.numbers import shorts

STATIC_BEST = "static:best"
LEVELS = 81
LOWEST, HIGHEST = -1.0, 1.25
"""The range of levels; what scores beyond it counts at its ends."""

Scale = tuple[str, str]


def scores(episodes: pd.DataFrame) -> tuple[pd.DataFrame, Scale]:
    """The rewards of a task's episodes (a row per agent, a column per seed) on a scale from 0 to 1, and whose mean
    rewards are 0 and 1: static:best and the clairvoyant where they ran, else the agents of the least and most reward.
    """
    rewards = episodes.pivot(index="agent", columns="seed", values="reward")
    means = rewards.mean(axis=1)
    best = CLAIRVOYANT if CLAIRVOYANT in means.index else str(means.idxmax())
    is_known = STATIC_BEST in means.index and means[STATIC_BEST] < means[best]
    least = STATIC_BEST if is_known else str(means.idxmin())
    width = means[best] - means[least]
    return (rewards - means[least]) / width if width > 0 else rewards * 0 + 1, (least, best)


def profiles(by_task: Mapping[str, pd.DataFrame], agents: Sequence[str]) -> dict[str, Any]:
    """The levels, and for each agent the share of its runs above each of them: the mean over the tasks it took part in,
    with `tasks` their number; `scales` says by task whose reward is 0 and whose is 1.
    """
    levels = np.linspace(LOWEST, HIGHEST, LEVELS)
    found = {task: scores(episodes) for task, episodes in by_task.items()}
    tables = [table for table, _ in found.values()]
    taken = {
        agent: [table.loc[agent].dropna().to_numpy() for table in tables if agent in table.index] for agent in agents
    }
    return {
        "levels": shorts(levels),
        "shares": [shorts(np.mean([_above(runs, levels) for runs in taken[agent]], axis=0)) for agent in agents],
        "tasks": [len(taken[agent]) for agent in agents],
        "scales": {task: list(scale) for task, (_, scale) in found.items()},
    }


def _above(runs: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((runs[:, None] > levels).mean(axis=0), dtype=np.float64)
