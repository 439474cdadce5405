"""The figure of a comparison: load, latency, violations, cost and accuracy over time."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ipagym.bench.comparison.bins import Bins
from ipagym.bench.drawing.files import picture_bytes
from ipagym.bench.drawing.looks import Look, looks
from ipagym.bench.drawing.style import (
    GREY,
    SINGLE,
    few_ticks,
    legend_above,
    line_style,
    new_figure,
    scale_percent,
    scale_y,
    set_apart,
    shown,
    steps,
    style,
)

POINTS_PER_INCH = 20
"""Where an episode has more windows, several are put together: lines of single ones would be a smear."""

FLOOR_S = 1e-3

LEAST_POINTS = 4.0
"""Points of PAS that its panel spans."""

LABELS = ("load\n(req/s)", "p99 latency\n(s)", "violations\n(% of req)", "cost\n(cores)", "PAS\n(%)")


def timeline(frame: pd.DataFrame, slo_s: float, width: float = SINGLE) -> Figure:
    """Five panels over time, one line per agent: load, p99 latency with the SLO, violations, cores, PAS.

    `frame` is a table of windows; of several seeds the first is shown. The figure is `width` inches wide. Of windows
    that are put together the highest latency is shown, of the rest the mean; lines that coincide lie side by side.
    """
    seed = frame["seed"].iloc[0]
    chosen = frame[frame["seed"] == seed]
    by_agent = {str(agent): rows for agent, rows in chosen.groupby("agent", sort=False)}
    with style():
        figure = new_figure(width, 4.6)
        axes: Sequence[Axes] = figure.subplots(5, 1, sharex=True, height_ratios=(0.8, 1.2, 1, 1.1, 1))
        for place, (agent, look) in enumerate(looks(list(by_agent)).items()):
            rows = by_agent[agent]
            _draw(axes, rows, _bins(rows, width), (agent, look, place, len(by_agent)))
        first = next(iter(by_agent.values()))
        bins = _bins(first, width)
        steps(axes[0], bins.edges_s(first), bins.load_rps(first), color=GREY)
        axes[1].axhline(slo_s, color=GREY, linewidth=0.7, linestyle=(0, (1, 1)))
        axes[1].text(1.01, slo_s, "SLO", fontsize=6, va="center", transform=axes[1].get_yaxis_transform())
        _dress(axes, chosen)
        legend_above(figure, [axes[1]])
    return figure


def png_bytes(figure: Figure) -> bytes:
    """The figure as a PNG image of 300 dots per inch."""
    return picture_bytes(figure, ".png")


def _bins(rows: pd.DataFrame, width: float) -> Bins:
    return Bins(len(rows), round(POINTS_PER_INCH * width))


def _draw(axes: Sequence[Axes], rows: pd.DataFrame, bins: Bins, drawn: tuple[str, Look, int, int]) -> None:
    """The lines of an agent, which has a name, a look, and a place among so many."""
    agent, look, place, number = drawn
    values = (bins.latency_s(rows).clip(min=FLOOR_S), bins.late_percent(rows), bins.mean(rows, "cores"))
    for axis, each in zip(axes[1:], (*values, 100 * bins.mean(rows, "pas")), strict=True):
        lines = steps(axis, bins.edges_s(rows), each, label=shown(agent), zorder=3 - place / 1000, **line_style(look))
        set_apart(lines, place, number)


def _widen(axis: Axes) -> None:
    """A span of some points at least, so that a line that is level has readable numbers beside it."""
    low, high = axis.get_ylim()
    if high - low < LEAST_POINTS:
        axis.set_ylim((low + high - LEAST_POINTS) / 2, (low + high + LEAST_POINTS) / 2)


def _dress(axes: Sequence[Axes], chosen: pd.DataFrame) -> None:
    for axis, label in zip(axes, LABELS, strict=True):
        axis.set_ylabel(label)
    axes[0].set_ylim(bottom=0)
    axes[0].margins(y=0.12)
    scale_percent(axes[2])
    few_ticks(axes[0])
    few_ticks(axes[4])
    _widen(axes[4])
    scale_y(axes[1], chosen.loc[chosen["completed"] > 0, "latency_p99_s"], FLOOR_S)
    scale_y(axes[3], chosen["cores"])
    axes[-1].set_xlabel("time (s)")
    axes[-1].set_xlim(chosen["start_s"].min(), (chosen["start_s"] + chosen["duration_s"]).max())
    axes[0].figure.align_ylabels(list(axes))
