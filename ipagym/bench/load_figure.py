"""The figure of a load: its rate over time."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ipagym.bench.drawing.looks import PALETTE
from ipagym.bench.drawing.style import DOUBLE, few_ticks, new_figure, steps, style

POINTS_PER_INCH = 300
"""Of longer loads, the mean, the least and the most of spans are drawn: as many spans as lines can show."""


def load_figure(rates_rps: NDArray[np.float64], title: str) -> Figure:
    """The rates of every second, shape (duration_s,), or spans of them."""
    with style():
        figure = new_figure(DOUBLE, 2.4)
        axis = figure.subplots()
        draw_load(axis, rates_rps, round(POINTS_PER_INCH * DOUBLE))
        axis.set_title(title, parse_math=False)
        axis.set_ylabel("load (req/s)")
        axis.set_xlabel("time (s)")
        if axis.get_legend_handles_labels()[1]:
            axis.legend()
    return figure


def draw_load(axis: Axes, rates_rps: NDArray[np.float64], points: int) -> None:
    """The rates of every second as a line of so many points at most; a band has the least and most of each."""
    span_s = -(-len(rates_rps) // points)
    starts = np.arange(0, len(rates_rps), span_s)
    edges = np.append(starts, len(rates_rps))
    mean = np.add.reduceat(rates_rps, starts) / np.diff(edges)
    if span_s > 1:
        least, most = np.minimum.reduceat(rates_rps, starts), np.maximum.reduceat(rates_rps, starts)
        axis.fill_between(
            edges, np.append(least, least[-1]), np.append(most, most[-1]), step="post", color=PALETTE[0], alpha=0.25,
            linewidth=0, label=f"least and most of {span_s} s",
        )  # fmt: skip
    steps(axis, edges, mean, color=PALETTE[0], linewidth=0.8, label="rate" if span_s > 1 else None)
    axis.set_xlim(0, len(rates_rps))
    axis.set_ylim(bottom=0)
    few_ticks(axis)
