"""The results of agents under several weights: accuracy, cores and violations of each, seed by seed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.system.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Axis:
    """A column of the table of episodes that agents trade off, its heading, and whether more of it is better."""

    key: str
    heading: str
    is_gain: bool


AXES = (
    Axis("pas_percent", "PAS, %", True),
    Axis("cores", "cores", False),
    Axis("violation_percent", "violations, %", False),
)

IS_GAIN = [axis.is_gain for axis in AXES]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The figures of every agent, by its name, in `AXES`: shape (weights, seeds, axes); `weights` are the names of the
    first axis, in the order of the numbers in them.
    """

    weights: tuple[str, ...]
    of_agent: Mapping[str, Floats]

    def means(self, agent: str) -> Floats:
        """The agent's means over seeds, shape (weights, axes)."""
        return np.asarray(self.of_agent[agent].mean(axis=1))


def points_of(episodes: Mapping[str, pd.DataFrame]) -> Points:
    """The points from tables of episodes, a row per agent and seed, by the name of the weights that they were run with.

    Raises:
        InputError: there is no table, or not all of them have the same agents on the same seeds.
    """
    if not episodes:
        raise InputError("a front needs results: give a folder with a comparison for each weight")
    tables = {name: table.set_index(["agent", "seed"])[[axis.key for axis in AXES]] for name, table in episodes.items()}
    tables = dict(sorted(tables.items(), key=lambda item: _by_number(item[0])))
    first, wanted = next(iter(tables.items()))
    for name, table in tables.items():
        if set(table.index) != set(wanted.index):
            raise InputError(f"{name} has other agents or seeds than {first}: run the same in both")
    agents = list(dict.fromkeys(wanted.index.get_level_values("agent")))
    return Points(
        weights=tuple(tables),
        of_agent={agent: np.stack([_of_one(table, agent) for table in tables.values()]) for agent in agents},
    )


def _by_number(name: str) -> list[tuple[float, str]]:
    """What names are sorted by, so that alpha-20 comes before alpha-160."""
    parts = re.split(r"(\d+(?:\.\d+)?)", name)
    return [(float(number), text) for text, number in zip(parts[::2], [*parts[1::2], "inf"], strict=True)]


def _of_one(table: pd.DataFrame, agent: str) -> Floats:
    return np.asarray(table.loc[agent].sort_index().to_numpy(dtype=np.float64))
