"""A policy of the package and its rivals on the same test seeds; what was run already is not run again."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ipagym.api import compare
from ipagym.bench.comparison.pairs import paired
from ipagym.cli.zoo import ENTRIES
from ipagym.envs.scenarios import make_scenario
from ipagym.task.splits import TEST

FEW = 2
"""Test seeds for agents that take minutes for an episode."""

METRICS = {"reward": "reward", "cores": "cores", "pas_percent": "PAS points", "violation_percent": "violation points"}
"""What agents differ in, with the heading of its column."""


def trials(name: str, load: str | None, objective: Mapping[str, float], results: Path) -> pd.DataFrame:
    """The figures of all agents under a load and an objective, a row per agent and seed; the slow have fewer seeds.

    The policy and each rival have a folder below `results`, so that another policy leaves the others' episodes as they
    are. The slow share one, for there the clairvoyant learns from what the others ask for.
    """
    entry = ENTRIES[name]
    groups = [*(([agent], entry.episodes) for agent in (f"zoo:{name}", *entry.rivals)), (list(entry.slow), FEW)]
    scenario = make_scenario(entry.scenario, load, objective=objective)
    folder = results / "-".join([name, load or "own", *(each.replace(" ", "-") for each in words_of(objective))])
    parts = []
    for agents, seeds in groups:
        if agents:
            out = folder / "+".join(agents).replace(":", "-")
            parts.append(compare(scenario, agents, seeds=seeds, seed0=TEST.first, out=out).episodes)
    return pd.concat(parts, ignore_index=True)


def words_of(objective: Mapping[str, float]) -> list[str]:
    """Each weight and its value, as in `alpha 10`."""
    return [f"{name} {weight:g}" for name, weight in objective.items()]


def gap_cells(episodes: pd.DataFrame, worse: str, better: str) -> list[str]:
    """The seeds of both, and how much one agent differs from another on them in each of `METRICS`."""
    pairs = paired(episodes, better, worse)
    reward, *others = (signed(pairs["difference"][metric]) for metric in METRICS)
    return [str(pairs["seeds"]["reward"]), f"{reward} ± {digits(pairs['ci95']['reward'])}", *others]


def mean_cell(episodes: pd.DataFrame, agent: str, metric: str = "reward") -> str:
    """The mean of a figure of that agent."""
    return digits(float(episodes.loc[episodes["agent"] == agent, metric].mean()))


def regret_cell(episodes: pd.DataFrame, agent: str, optimiser: str) -> str:
    """How far below the clairvoyant the agent stays, in percent of how far the optimiser does, on the same seeds."""
    lags = [paired(episodes, "clairvoyant", each)["difference"]["reward"] for each in (agent, optimiser)]
    return f"{100 * lags[0] / lags[1]:.0f} %"


def digits(value: float) -> str:
    """The figure with two digits after the point, three where it is below 1."""
    return f"{value:.{3 if abs(value) < 1 else 2}f}".replace("-", "−")


def signed(value: float) -> str:
    """The figure with its sign."""
    return digits(value) if value < 0 else f"+{digits(value)}"
