"""The tables of docs/controllers.md, in Markdown: the catalogue of controllers, and their results in comparisons."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from ipagym.agents import AGENTS, AgentEntry
from ipagym.cli.catalogue import spelling
from ipagym.envs.scenarios import make_scenario, names
from ipagym.model.knobs import KNOB_NAMES
from ipagym.task.scenario import Scenario

Summary = Mapping[Hashable, Mapping[Hashable, float]]
"""Figures of each agent by column of `summary.csv`."""

NOT_RUN = "–"


def catalogue_table() -> str:
    """Every controller of the catalogue: name and argument, family, knobs, and the scenarios that it suits."""
    scenarios = {name: make_scenario(name) for name in names()}
    by_family = sorted(AGENTS.items(), key=lambda each: each[1].family)
    headings = ("name", "family", "turns", "what it is", "suits")
    return markdown([headings, *(_controller(name, entry, scenarios) for name, entry in by_family)])


def results_table(folders: Sequence[Path]) -> str:
    """Reward, violations and decision time of each agent in comparisons, each in a folder `all-SCENARIO`."""
    found = [pd.read_csv(folder / "summary.csv").set_index("agent").to_dict("index") for folder in folders]
    titles = [folder.name.rpartition("all-")[2] for folder in folders]
    headings = ("agent", *(text for title in titles for text in (title, "late %")), "ms")
    run = [agent for agent in AGENTS if any(agent in summary for summary in found)]
    return markdown([headings, *(_achieved(agent, found) for agent in run)])


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """A table of these rows; the first row has the headings."""
    headings, *others = rows
    lines = [f"| {' | '.join(cells)} |" for cells in (headings, *others)]
    return "\n".join([lines[0], "|---" * len(headings) + "|", *lines[1:]])


def _controller(name: str, entry: AgentEntry, scenarios: Mapping[str, Scenario]) -> list[str]:
    knobs = ", ".join(knob for knob in KNOB_NAMES if knob in entry.turns) or "none"
    spelt = spelling(name, entry.argument).replace("|", "/")  # a vertical bar would end the cell
    return [f"`{spelt}`", entry.family, knobs, entry.description, _suits(entry, scenarios)]


def _suits(entry: AgentEntry, scenarios: Mapping[str, Scenario]) -> str:
    """The names of the scenarios, or "all but" the few for which it is not suitable."""
    suited = [name for name, scenario in scenarios.items() if entry.suits(scenario)]
    others = [name for name in scenarios if name not in suited]
    if len(suited) <= len(others):
        return ", ".join(suited)
    return f"all but {', '.join(others)}" if others else "all"


def _achieved(agent: str, summaries: Sequence[Summary]) -> list[str]:
    """The agent's reward and violations in each scenario, and its longest median decision time."""
    cells, longest_ms = [agent], 0.0
    for summary in summaries:
        if (one := summary.get(agent)) is None:
            cells += [NOT_RUN, NOT_RUN]
        else:
            cells += [f"{one['reward']:.2f}".replace("-", "−"), f"{one['violation_percent']:.2f}"]
            longest_ms = max(longest_ms, one["decision_ms"])
    return [*cells, f"{longest_ms:.2f}"]
