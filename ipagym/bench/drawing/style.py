"""The style of all figures: sizes of the usual venues' columns, small sans-serif text, thin lines."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, NullLocator, StrMethodFormatter
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike, NDArray

from ipagym.bench.drawing.looks import DASHES, MARKERS, PALETTE, Look

SINGLE, DOUBLE = 3.33, 7.0
"""Inches: one column, and the text of two, of ACM's and USENIX's papers."""

WIDTHS = {"single": SINGLE, "double": DOUBLE}

RC: Any = {
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

FEW_DECADES = 100

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


def set_apart(lines: Sequence[Line2D], place: int, number: int, towards: tuple[int, int] = (1, 1)) -> None:
    """Draw the lines of agent `place` of `number` a point or two off their values, right and up, so that those that
    coincide lie side by side. Their data stay what they are, and so do the limits of the axis.
    """
    right, up = (SET_APART_POINTS / 72 * (place - (number - 1) / 2) * each for each in towards)
    for line in lines:
        axis = line.axes
        assert axis is not None  # they are drawn
        line.set_transform(axis.transData + ScaledTranslation(right, up, axis.figure.dpi_scale_trans))


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
        name_decades(axis.yaxis, known.max() / max(known.min(), floor))
    else:
        axis.set_ylim(bottom=0)
        few_ticks(axis)


def name_decades(axis: Axis, spread: float) -> None:
    """Plain numbers at a logarithmic axis: at 1, 2 and 5 where it spans few decades."""
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if spread < FEW_DECADES else (1.0,)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def few_ticks(axis: Axes) -> None:
    """Three to five numbers at the vertical axis of a small panel."""
    axis.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10], min_n_ticks=3))


def scale_percent(axis: Axes) -> None:
    """Percent of requests, the same scale in every figure: linear up to 1 %, as many agents have none, then
    logarithmic up to 100 %.
    """
    axis.set_yscale("symlog", linthresh=1.0, linscale=0.5)
    axis.set_yticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    axis.yaxis.set_minor_locator(NullLocator())
    axis.set_ylim(-0.35, 150)


def legend_above(figure: Figure, axes: Iterable[Axes]) -> None:
    """One legend for all panels, above them, of what any of the axes shows: as few rows as the width has room for, of
    even length.
    """
    named: dict[str, Artist] = {}
    for axis in axes:
        named |= {name: handle for handle, name in zip(*axis.get_legend_handles_labels(), strict=True)}
    if not named:
        return
    handles = [_mark(handle) for handle in named.values()]
    fitting = max(1, int(figure.get_figwidth() / (0.36 + 0.052 * max(map(len, named)))))
    rows = -(-len(named) // fitting)
    figure.legend(handles, list(named), loc="outside upper center", ncols=-(-len(named) // rows))


def _mark(handle: Artist) -> Artist:
    """The marker or line of a point with intervals, without these."""
    line = handle.lines[0] if isinstance(handle, ErrorbarContainer) else handle
    return handle if line is None else line
