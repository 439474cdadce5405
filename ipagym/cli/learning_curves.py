"""A picture of the validations of training runs: a panel for each policy of the zoo, a line for each seed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.figure import Figure

COLUMNS = 3
"""Panels side by side."""


def draw(folder: Path, runs: Mapping[str, Sequence[str]], to: Path) -> None:
    """Draw the curves of the runs below the folder, by the name of their panel, into a PNG file."""
    columns = min(COLUMNS, len(runs))
    rows = -(-len(runs) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.2 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in axes[len(runs) :]:
        unused.set_axis_off()
    for panel, (name, each) in zip(axes, runs.items(), strict=False):
        for run in each:
            curve = json.loads((folder / run / "curve.json").read_text())["curve"]
            panel.plot([row["steps"] / 1000 for row in curve], [row["reward"] for row in curve], label=run)
        panel.set(title=name, xlabel="thousand steps", ylabel="reward per window, validation")
        panel.legend(fontsize="small")
    figure.savefig(to, dpi=110)
