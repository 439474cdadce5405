"""The table of docs/controllers.md, from the folders of four comparisons of all agents, one scenario each.

for s in video infadapter sponge joint; do ipagym compare $s --agents all --seeds 1 --out results/all-$s; done
python scripts/controllers_table.py results/all-*
"""

import sys
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from ipagym.agents import AGENTS

Summary = Mapping[Hashable, Mapping[Hashable, float]]
"""What each agent came to, by the names of the columns."""


def signed(value: float) -> str:
    """Two digits, with the minus of print."""
    return f"{value:.2f}".replace("-", "−")


def row(agent: str, summaries: Sequence[Summary]) -> list[str]:
    """The agent's reward and violations in each scenario, and its longest median decision time."""
    found = [summary.get(agent) for summary in summaries]
    cells = [
        text
        for one in found
        for text in (("–", "–") if one is None else (signed(one["reward"]), f"{one['violation_percent']:.2f}"))
    ]
    return [agent, *cells, f"{max(one['decision_ms'] for one in found if one is not None):.2f}"]


def main(folders: Sequence[str]) -> None:
    """Print the table, a pair of columns for each folder."""
    summaries: list[Summary] = [
        pd.read_csv(Path(folder) / "summary.csv").set_index("agent").to_dict("index") for folder in folders
    ]
    names = [Path(folder).name.rpartition("all-")[2] for folder in folders]
    rows = [["agent", *(text for name in names for text in (name, "late %")), "ms"]]
    rows.append(["---"] * len(rows[0]))
    rows += [row(agent, summaries) for agent in AGENTS if any(agent in summary for summary in summaries)]
    print(
        "\n".join("| " + " | ".join(cells) + " |" for cells in rows).replace("| --- ", "|---").replace("--- |", "---|")
    )


if __name__ == "__main__":
    main(sys.argv[1:])
