"""A figure of the validation rewards in training, read from the cards of the zoo: a panel for each policy."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ipagym.bench.drawing.looks import PALETTE
from ipagym.bench.drawing.style import DOUBLE, new_figure, style

COLUMNS = 3
"""Panels side by side."""

ROW_INCHES = 1.7

RUN = re.compile(r"^\| [\w -]*\d \|.*\| ([^|]*) \|$", re.MULTILINE)
"""The row of a run in a card: its last cell has the validation rewards, `thousand steps: reward`, comma-separated."""

Curve = Mapping[int, float]
"""Mean reward in validation, by thousand steps."""


def curves(card: Path) -> list[Curve]:
    """The curves of the runs of a card."""
    return [
        {int(steps): float(reward) for steps, reward in (pair.split(": ") for pair in cell.split(", "))}
        for cell in RUN.findall(card.read_text(encoding="utf-8").replace("−", "-"))
    ]


def figure(by_policy: Mapping[str, Sequence[Curve]]) -> Figure:
    """The curves of each policy: its runs, the mean over the steps that all runs have, and the band from minimum to
    maximum.
    """
    columns = min(COLUMNS, len(by_policy))
    rows = -(-len(by_policy) // columns)
    with style():
        drawing = new_figure(DOUBLE, ROW_INCHES * rows)
        panels = drawing.subplots(rows, columns, squeeze=False)
        for panel in panels.ravel()[len(by_policy) :]:
            panel.set_axis_off()
        for panel, (name, runs) in zip(panels.ravel(), by_policy.items(), strict=False):
            _draw(panel, runs)
            panel.set_title(name)
        for panel in panels[:, 0]:
            panel.set_ylabel("reward in validation")
        drawing.supxlabel("thousand steps")
    return drawing


def _draw(panel: Axes, runs: Sequence[Curve]) -> None:
    steps = sorted(set(runs[0]).intersection(*runs))
    rewards = [[run[step] for run in runs] for step in steps]
    colour = PALETTE[0]
    panel.fill_between(steps, [min(each) for each in rewards], [max(each) for each in rewards], color=colour, alpha=0.2)
    for run in runs:
        panel.plot(list(run), list(run.values()), color=colour, linewidth=0.5, alpha=0.6)
    panel.plot(steps, [sum(each) / len(each) for each in rewards], color=colour, linewidth=1.3)
