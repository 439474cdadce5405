"""The picture of fronts: accuracy and violations by cores, a line through each agent's weights."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ipagym.bench.drawing.looks import MARKERS, PALETTE, Look, looks
from ipagym.bench.drawing.style import DOUBLE, legend_above, new_figure, shown, style
from ipagym.bench.front.points import AXES, Axis

GAIN, COST, LATE = AXES


def draw(frame: pd.DataFrame) -> Figure:
    """Two panels over cores: PAS with the weights beside the first agent's points, and violations.

    `frame` is that of `ipagym.bench.front.tables.front_frame`. Bars are 95 % intervals; open points are dominated.
    """
    agents = looks([str(agent) for agent in frame["agent"].unique()])
    with style():
        figure = new_figure(DOUBLE, 3.1)
        panels = figure.subplots(1, 2)
        for panel, axis in zip(panels, (GAIN, LATE), strict=True):
            for agent, look in agents.items():
                _draw_agent(panel, frame[frame["agent"] == agent], axis, (agent, look))
            panel.set_xlabel("cores, mean")
            panel.set_ylabel(axis.heading)
        _name_weights(panels[0], frame)
        panels[1].set_ylim(bottom=0)
        legend_above(figure, [panels[0]])
    return figure


def _draw_agent(panel: Axes, rows: pd.DataFrame, axis: Axis, who: tuple[str, Look]) -> None:
    agent, look = who
    colour, marker = PALETTE[look.colour], MARKERS[look.marker]
    cores, values = rows[COST.key], rows[axis.key]
    halves = [rows[f"{each.key}_ci95"].to_numpy(dtype=np.float64) for each in (COST, axis)]  # none: not a number
    panel.errorbar(cores, values, xerr=halves[0], yerr=halves[1], color=colour, fmt="none", elinewidth=0.6, zorder=2)
    panel.plot(cores, values, marker=marker, color=colour, markersize=4.5, label=shown(agent), zorder=3)
    beaten = ~rows["front"].astype(bool)
    panel.plot(
        cores[beaten], values[beaten], marker=marker, linestyle="", color=colour, markerfacecolor="white",
        markersize=4.5, zorder=4,
    )  # fmt: skip


def _name_weights(panel: Axes, frame: pd.DataFrame) -> None:
    """The weights beside the points of the first agent, with room for them left of the first."""
    panel.margins(x=0.2)
    first = frame[frame["agent"] == frame["agent"].iloc[0]]
    for _, row in first.iterrows():
        panel.annotate(
            str(row["weights"]), (row[COST.key], row[GAIN.key]), xytext=(-4, 4), textcoords="offset points",
            ha="right", fontsize=6, color="0.3",
        )  # fmt: skip
