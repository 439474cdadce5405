"""The request for a figure, and its results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ipagym.bench.comparison.results import Comparison
from ipagym.bench.comparison.summary import drawn_agents
from ipagym.bench.drawing.style import DOUBLE
from ipagym.bench.report.folders import read_tasks
from ipagym.system.errors import InputError, unknown_name


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Folders of results (or loads, of a figure of loads), the agents to draw, in their order, and inches of width.

    Without agents those of highest reward are drawn, as many as a figure has room for.
    """

    runs: Sequence[str]
    width: float
    agents: Sequence[str] = ()

    @property
    def is_wide(self) -> bool:
        """True for the width of two columns."""
        return self.width >= DOUBLE

    def comparisons(self, most: int) -> Mapping[str, Comparison]:
        """All comparisons in the folders, by the name of theirs.

        Raises:
            InputError: one cannot be read, two have one name, or there are more than `most`.
        """
        found: dict[str, Comparison] = {}
        for run in self.runs:
            read = read_tasks(Path(run))
            if twice := found.keys() & read.keys():
                raise InputError(f"{min(twice)} is among the runs twice: name each folder once")
            found |= read
        self.check_number(len(found), most)
        return found

    def comparison(self) -> Comparison:
        """The only comparison.

        Raises:
            InputError: it cannot be read, or there are several.
        """
        return next(iter(self.comparisons(1).values()))

    def check_number(self, number: int, most: int) -> None:
        """Refuse more runs than the figure has room for.

        Raises:
            InputError: there are more.
        """
        if number > most:
            hint = "" if self.is_wide or most == 1 else ", or --column double"
            raise InputError(f"the figure has room for {most} of the {number} runs: name fewer{hint}")

    def agents_of(self, found: Comparison) -> list[str]:
        """The agents to draw of those that took part.

        Raises:
            InputError: one that is asked for did not.
        """
        known = [each.agent for each in found.summaries]
        for agent in self.agents:
            if agent not in known:
                raise unknown_name(f"agent of {found.out}", agent, known)
        best = drawn_agents(found.summaries)
        return list(self.agents) or [agent for agent in known if agent in best]


def agents_of_all(asked: Asked, found: Mapping[str, Comparison]) -> list[str]:
    """The agents to draw of any of the comparisons."""
    return list(dict.fromkeys(agent for each in found.values() for agent in asked.agents_of(each)))


def summary_by_agent(found: Comparison) -> Mapping[str, Mapping[str, float]]:
    """The row of the summary of each agent, half widths that are not known as none."""
    frame = found.summary.set_index("agent")
    return {str(agent): {str(key): row[key] for key in frame.columns} for agent, row in frame.iterrows()}


def half_width(row: Mapping[str, float], metric: str) -> float:
    """Half the width of the interval of a metric, 0 under a single seed."""
    value = row[f"{metric}_ci95"]
    return 0.0 if pd.isna(value) else float(value)
