"""Panels side by side, and points with intervals in them."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ipagym.bench.drawing.looks import Look
from ipagym.bench.drawing.style import GREY, marker_style, new_figure, shown

HEADINGS = {
    "violation_percent": "SLO violations (%)", "cores": "cost (cores)", "pas_percent": "PAS (%)", "reward": "reward",
}  # fmt: skip

SHORT_HEADINGS = {
    "violation_percent": "violations\n(% of req)", "cores": "cost\n(cores)", "pas_percent": "PAS\n(%)",
}  # fmt: skip

SPREAD = 0.5
"""Of the room of a category, the part over which its points are spread."""


def grid(width: float, heights: Sequence[float], titles: Sequence[str]) -> tuple[Figure, Any]:
    """A figure with a column of panels for each title, of those heights in inches; shape (heights, titles)."""
    figure = new_figure(width, sum(heights) + 0.75)
    axes = figure.subplots(len(heights), len(titles), squeeze=False, sharex="col", height_ratios=list(heights))
    if len(titles) > 1:
        for axis, title in zip(axes[0], titles, strict=True):
            axis.set_title(shown(title))
    return figure, axes


def name_rows(figure: Figure, axes: Any, labels: Sequence[str]) -> None:
    """The label of each row, beside its first panel."""
    for axis, label in zip(axes[:, 0], labels, strict=True):
        axis.set_ylabel(label)
    figure.align_ylabels(list(axes[:, 0]))


def point(axis: Axes, at: tuple[float, float], half: tuple[float, float], drawn: tuple[str, Look]) -> None:
    """A marker with intervals in both directions, of half widths that are 0 where there is none."""
    name, look = drawn
    axis.errorbar(
        [at[0]], [at[1]], xerr=[half[0]] if half[0] else None, yerr=[half[1]] if half[1] else None, label=shown(name),
        linestyle="none", elinewidth=0.7, markersize=4, markeredgewidth=0, **marker_style(look),
    )  # fmt: skip


def beside(place: int, number: int) -> float:
    """How far from the middle of its category the point of line `place` of `number` is."""
    return 0.0 if number < 2 else SPREAD * (place / (number - 1) - 0.5)


def zero_line(axis: Axes) -> None:
    """A line where nothing differs."""
    axis.axvline(0, color=GREY, linewidth=0.6, zorder=1)
