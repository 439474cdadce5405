"""The agreement of two loads on the order of agents, such as a generated load and the real one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ipagym.bench.episode import run_episode
from ipagym.cluster.protocol import Cluster
from ipagym.model.agent import Agent
from ipagym.system.errors import InputError
from ipagym.task.scenario import Scenario

LEAST_AGENTS = 3
DIGITS = 2
"""Rewards are put in order as tables show them: what differs less is equal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """The outcome of an agent: its mean reward per window, and percent of the requests late or dropped."""

    reward: float
    late_percent: float


Outcomes = Mapping[str, Outcome]
"""By agent."""


def outcomes(
    scenario: Scenario,
    agents: Mapping[str, Callable[[], Agent]],
    seeds: Sequence[int],
    make_cluster: Callable[[Scenario], Cluster],
) -> dict[str, Outcome]:
    """The outcome of each agent on the seeds, in the mean."""
    cluster = make_cluster(scenario)
    try:
        return {name: _mean(_runs(scenario, make, seeds, cluster)) for name, make in agents.items()}
    finally:
        cluster.close()


def rank_correlation(first: Outcomes, second: Outcomes) -> float:
    """Spearman's correlation of the rewards on two loads; equal rewards share a rank.

    Raises:
        InputError: the agents are not the same, too few, or all equal.
    """
    if set(first) != set(second) or len(first) < LEAST_AGENTS:
        raise InputError(f"a rank correlation needs the same agents on both loads, {LEAST_AGENTS} at least")
    ranks = [pd.Series([round(found[name].reward, DIGITS) for name in first]).rank() for found in (first, second)]
    if min(rank.std() for rank in ranks) == 0:
        raise InputError("a rank correlation needs agents that differ: all have the same reward")
    return float(ranks[0].corr(ranks[1]))


def _runs(
    scenario: Scenario, make: Callable[[], Agent], seeds: Sequence[int], cluster: Cluster
) -> Iterator[tuple[float, float]]:
    for seed in seeds:
        episode = run_episode(make(), cluster, scenario, seed)
        arrived = sum(window.arrivals for window in episode.windows)
        late = sum(window.violations for window in episode.windows)
        yield float(episode.rewards.mean()), 100 * late / max(arrived, 1)


def _mean(runs: Iterator[tuple[float, float]]) -> Outcome:
    reward, late_percent = np.mean(list(runs), axis=0)
    return Outcome(reward=float(reward), late_percent=float(late_percent))
