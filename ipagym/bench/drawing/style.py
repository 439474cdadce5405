"""The style of all figures: sizes of the usual venues' columns, small sans-serif text, thin lines."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike, NDArray

from ipagym.bench.drawing.looks import DASHES, MARKERS, PALETTE, Look

SINGLE, DOUBLE = 3.33, 7.0
"""Inches: one column, and the text of two, of ACM's and USENIX's papers."""

WIDTHS = {"single": SINGLE, "double": DOUBLE}

RC: dict[str, Any] = {
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "mathtext.default": "regular",
    "font.size": 7, "axes.labelsize": 7, "axes.titlesize": 7, "xtick.labelsize": 6, "ytick.labelsize": 6,
    "legend.fontsize": 6.5, "legend.frameon": False, "legend.handlelength": 2.6, "legend.columnspacing": 1.2,
    "axes.linewidth": 0.6, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "axes.grid": True, "grid.linewidth": 0.3, "grid.alpha": 0.5,
    "xtick.major.width": 0.5, "ytick.major.width": 0.5, "xtick.major.size": 2.5, "ytick.major.size": 2.5,
    "xtick.minor.width": 0.4, "ytick.minor.width": 0.4, "xtick.minor.size": 1.5, "ytick.minor.size": 1.5,
    "lines.linewidth": 0.9, "lines.markersize": 3.5, "errorbar.capsize": 1.5, "axes.formatter.useoffset": False,
    "text.parse_math": False,
}  # fmt: skip

GREY = "0.35"
"""What is no agent's: the load, the SLO."""

SET_APART_POINTS = 0.75
"""Points between lines that would coincide."""

LOG_SPREAD = 20
"""Axes are logarithmic where values differ by more than this factor."""

MOST_LABEL = 24
"""Characters of a name in a figure; names may be paths."""


def style() -> AbstractContextManager[None]:
    """The settings of matplotlib under which figures are made."""
    return rc_context(RC)


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of that size in inches, which belongs to no window."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def line_style(look: Look) -> dict[str, Any]:
    """Colour and dashes of a line."""
    return {"color": PALETTE[look.colour], "linestyle": DASHES[look.dash]}


def marker_style(look: Look) -> dict[str, Any]:
    """Colour and marker of a point."""
    return {"color": PALETTE[look.colour], "marker": MARKERS[look.marker]}


def shown(name: str) -> str:
    """The name, its middle left out where it is long."""
    if len(name) <= MOST_LABEL:
        return name
    half = (MOST_LABEL - 1) // 2
    return f"{name[:half]}…{name[-half:]}"


def set_apart(axis: Axes, lines: Sequence[Line2D], place: int, number: int) -> None:
    """Draw lines, the ones of agent `place` of `number`, a point or two off their values, so that those that coincide
    lie side by side. Their data stay what they are, and so do the limits of the axis.
    """
    points = (place - (number - 1) / 2) * SET_APART_POINTS
    for line in lines:
        line.set_transform(axis.transData + ScaledTranslation(points / 72, points / 72, axis.figure.dpi_scale_trans))


def steps(axis: Axes, edges: ArrayLike, values: ArrayLike, **look: Any) -> list[Line2D]:
    """A line that holds each value from its edge to the next; there is one edge more than values."""
    heights: NDArray[np.float64] = np.append(np.asarray(values, dtype=np.float64), np.asarray(values)[-1:])
    return axis.step(np.asarray(edges), heights, where="post", **look)


def scale_y(axis: Axes, values: ArrayLike, floor: float = 1e-3) -> None:
    """From zero, or logarithmic where the values spread."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if len(known) and known.max() > LOG_SPREAD * max(known.min(), floor):
        axis.set_yscale("log")
        axis.yaxis.set_major_locator(LogLocator(numticks=5))
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.yaxis.set_minor_formatter(NullFormatter())
    else:
        axis.set_ylim(bottom=0)


def legend_above(figure: Figure, axis: Axes, columns: int | None = None) -> None:
    """One legend for all panels, above them, of what the axis shows; as many columns as the width has room for."""
    handles, labels = axis.get_legend_handles_labels()
    if not labels:
        return
    fitting = max(1, int(figure.get_figwidth() / (0.42 + 0.068 * max(map(len, labels)))))
    columns = min(columns or fitting, len(labels))
    figure.legend(handles, labels, loc="outside upper center", ncols=columns)


def even_rows(number: int, most: int) -> Sequence[int]:
    """How many of so many panels stand in each row, of which none has more than `most`."""
    rows = -(-number // most)
    return [number // rows + (row < number % rows) for row in range(rows)]
