"""A policy of the package and other agents on the same test seeds; existing results are reused."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ipagym.api import compare
from ipagym.bench.comparison.confidence import half_width
from ipagym.bench.comparison.pairs import paired
from ipagym.cli.zoo import ENTRIES, SLOW
from ipagym.task.scenario import Scenario
from ipagym.task.splits import TEST

EPISODES = 20
"""Test seeds of a comparison, from the first on."""

CONSTANT = "static:best"

METRICS = {"reward": "reward", "cores": "cores", "pas_percent": "PAS points", "violation_percent": "violation points"}
"""Compared metrics with the headings of their columns."""


def trials(name: str, load: str | None, results: Path) -> pd.DataFrame:
    """The figures of all agents, a row per agent and seed.

    Each of the fast agents has a folder below `results`, so that its episodes are reused for other policies. The
    policy, the optimiser and the slow agents share a folder, because the clairvoyant uses the configurations that the
    others request.
    """
    entry = ENTRIES[name]
    alone = [[agent] for agent in (CONSTANT, entry.tuned, *entry.beside)]
    groups = [[f"zoo:{name}", entry.optimiser, *SLOW], *alone]
    return compared(entry.scenario, groups, results / f"{name}-{load or 'own'}", load=load, seeds=EPISODES)


def compared(
    scenario: str | Scenario, groups: Sequence[Sequence[str]], folder: Path, *, load: str | None = None, seeds: int
) -> pd.DataFrame:
    """The episodes of groups of agents on the first test seeds, each group in a folder of its own."""
    parts = [
        compare(
            scenario,
            group,
            workload=load,
            seeds=seeds,
            seed0=TEST.first,
            out=folder / "+".join(group).replace(":", "-"),
        ).episodes
        for group in groups
    ]
    return pd.concat(parts, ignore_index=True)


def gap_cells(episodes: pd.DataFrame, worse: str, better: str) -> list[str]:
    """The number of seeds that both have, and the differences of one agent from another in each of `METRICS`."""
    pairs = paired(episodes, better, worse)
    reward, *others = (signed(pairs["difference"][metric]) for metric in METRICS)
    return [str(pairs["seeds"]["reward"]), f"{reward} ± {digits(pairs['ci95']['reward'])}", *others]


def gap_row(title: str, episodes: pd.DataFrame, own: str) -> list[str]:
    """A row with the title, the mean reward of `own`, and its gain over each of the others."""
    rivals = [agent for agent in episodes["agent"].unique() if agent != own]
    return [title, reward_cell(episodes, own), *(gap_cells(episodes, rival, own)[1] for rival in rivals)]


def mean_cell(episodes: pd.DataFrame, agent: str, metric: str = "reward") -> str:
    """The mean of a figure of that agent."""
    return digits(float(episodes.loc[episodes["agent"] == agent, metric].mean()))


def reward_cell(episodes: pd.DataFrame, agent: str) -> str:
    """The mean reward of that agent, with the half width of its 95 % interval over seeds."""
    rewards = episodes.loc[episodes["agent"] == agent, "reward"].tolist()
    return f"{mean_cell(episodes, agent)} ± {digits(half_width(rewards))}"


def regret_cell(episodes: pd.DataFrame, agent: str, optimiser: str) -> str:
    """The agent's regret against the clairvoyant in percent of the optimiser's regret, on the same seeds."""
    lags = [paired(episodes, "clairvoyant", each)["difference"]["reward"] for each in (agent, optimiser)]
    return f"{100 * lags[0] / lags[1]:.0f} %"


def digits(value: float) -> str:
    """The figure with two decimals, or three if it is below 1."""
    shown = f"{value:.{3 if abs(value) < 1 else 2}f}"
    return (shown if float(shown) else "0").replace("-", "−")


def signed(value: float) -> str:
    """The figure with its sign."""
    return digits(value) if value < 0 else f"+{digits(value)}"
