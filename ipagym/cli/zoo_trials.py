"""A policy of the package and its rivals on the same test seeds; what was run already is not run again."""

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
"""What agents differ in, with the heading of its column."""


def trials(name: str, load: str | None, results: Path) -> pd.DataFrame:
    """The figures of all agents, a row per agent and seed.

    Each of the quick rivals has a folder below `results`, so that another policy leaves its episodes as they are. The
    policy, the optimiser and the slow share one, for there the clairvoyant learns from what the others ask for.
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
    """The seeds of both, and how much one agent differs from another on them in each of `METRICS`."""
    pairs = paired(episodes, better, worse)
    reward, *others = (signed(pairs["difference"][metric]) for metric in METRICS)
    return [str(pairs["seeds"]["reward"]), f"{reward} ± {digits(pairs['ci95']['reward'])}", *others]


def gap_row(title: str, episodes: pd.DataFrame, own: str) -> list[str]:
    """The mean reward of `own`, and what it earns more than each of the others, under the title."""
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
    """How far below the clairvoyant the agent stays, in percent of how far the optimiser does, on the same seeds."""
    lags = [paired(episodes, "clairvoyant", each)["difference"]["reward"] for each in (agent, optimiser)]
    return f"{100 * lags[0] / lags[1]:.0f} %"


def digits(value: float) -> str:
    """The figure with two digits after the point, three where it is below 1."""
    shown = f"{value:.{3 if abs(value) < 1 else 2}f}"
    return (shown if float(shown) else "0").replace("-", "−")


def signed(value: float) -> str:
    """The figure with its sign."""
    return digits(value) if value < 0 else f"+{digits(value)}"
