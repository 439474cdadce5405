"""A policy trained on several kinds of load, compared with other agents on the scenario's own load and on others."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from ipagym.cli.controllers import markdown
from ipagym.cli.zoo import ENTRIES
from ipagym.cli.zoo_trials import CONSTANT, compared, gap_row

EPISODES = 10
"""Test seeds on each load, from the first on."""

OWN = "Its own load"


def trials_by_load(name: str, results: Path) -> Mapping[str, pd.DataFrame]:
    """The figures of the policy and the other agents by load, a row per agent and seed; existing results are reused."""
    return {load or OWN: _trials(name, load, results) for load in (None, *ENTRIES[name].elsewhere)}


def tables(names: Sequence[str], results: Path) -> str:
    """For each policy, its reward on each load and its gains over the other agents, as Markdown tables."""
    return "\n\n".join(_table(name, trials_by_load(name, results)) for name in names)


def _table(name: str, episodes: Mapping[str, pd.DataFrame]) -> str:
    own, *rivals = _agents(name)
    head = [own, "reward", *(f"less {rival}" for rival in rivals)]
    return markdown([head, *(gap_row(load, found, own) for load, found in episodes.items())])


def _trials(name: str, load: str | None, results: Path) -> pd.DataFrame:
    alone = [[agent] for agent in _agents(name)]
    return compared(ENTRIES[name].scenario, alone, results / f"{name}-{load or 'own'}", load=load, seeds=EPISODES)


def _agents(name: str) -> list[str]:
    entry = ENTRIES[name]
    return [f"zoo:{name}", CONSTANT, entry.optimiser, *entry.beside]
