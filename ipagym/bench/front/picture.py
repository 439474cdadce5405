"""The picture of fronts: accuracy and violations by cores, a line through each agent's weights."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ipagym.bench.front.points import AXES, Axis
from ipagym.system.errors import InputError
from ipagym.system.files import content_of

LOOKS = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "D"), ("#CC79A7", "^"), ("#B07A00", "v"), ("#000000", "X"))
"""Colours of Okabe and Ito and markers, one pair for each agent in turn."""

ENDINGS: Mapping[str, Mapping[str, None]] = {".pdf": {"CreationDate": None}, ".png": {"Software": None}}
"""Kinds of files, with what of their metadata is left out as it would differ from run to run."""

GAIN, COST, LATE = AXES


def draw(frame: pd.DataFrame) -> Figure:
    """Two panels over cores: PAS with the weights beside the first agent's points, and violations.

    `frame` is that of `ipagym.bench.front.tables.front_frame`. Bars are 95 % intervals; open points are dominated.
    """
    figure = Figure(figsize=(7.0, 3.1), layout="constrained")
    panels = figure.subplots(1, 2)
    for order, (agent, rows) in enumerate(frame.groupby("agent", sort=False)):
        for panel, axis in zip(panels, (GAIN, LATE), strict=True):
            _draw_agent(panel, rows, axis, (str(agent), order))
    _name_weights(panels[0], frame)
    for panel, axis in zip(panels, (GAIN, LATE), strict=True):
        panel.set_xlabel("cores, mean", fontsize=8)
        panel.set_ylabel(axis.heading, fontsize=8)
        panel.tick_params(labelsize=7)
        panel.grid(color="0.92", linewidth=0.6)
        panel.spines[["top", "right"]].set_visible(False)
    panels[1].set_ylim(bottom=0)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 4), fontsize=7, frameon=False)
    return figure


def picture_bytes(figure: Figure, ending: str) -> bytes:
    """The figure as a file of that ending; the same figure gives the same bytes.

    Raises:
        InputError: the ending is none of `ENDINGS`.
    """
    if ending not in ENDINGS:
        raise InputError(f"--out must end in {' or '.join(ENDINGS)}, not in {ending!r}")
    with rc_context({"pdf.fonttype": 42}):
        return content_of(
            lambda file: figure.savefig(file, format=ending.removeprefix("."), dpi=200, metadata=dict(ENDINGS[ending]))
        )


def _draw_agent(panel: Axes, rows: pd.DataFrame, axis: Axis, who: tuple[str, int]) -> None:
    agent, order = who
    colour, marker = LOOKS[order % len(LOOKS)]
    cores, values = rows[COST.key], rows[axis.key]
    halves = [rows[f"{each.key}_ci95"].to_numpy(dtype=np.float64) for each in (COST, axis)]  # none: not a number
    panel.errorbar(cores, values, xerr=halves[0], yerr=halves[1], color=colour, fmt="none", elinewidth=0.6, zorder=2)
    panel.plot(cores, values, marker=marker, color=colour, markersize=4.5, linewidth=1.0, label=agent, zorder=3)
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
