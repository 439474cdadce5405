"""Accuracy and violations over cost, a column of panels for each comparison."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ipagym.bench.comparison.results import Comparison
from ipagym.bench.drawing.looks import Look, looks
from ipagym.bench.drawing.style import few_ticks, legend_above, scale_percent, style
from ipagym.bench.figures.asked import Asked, agents_of_all, half_width, summary_by_agent
from ipagym.bench.figures.panels import HEADINGS, grid, name_rows, point

MOST_WIDE, MOST_NARROW = 5, 2


def draw(asked: Asked) -> Figure:
    """The means over seeds with their 95 % intervals: PAS over cores above, violations over cores below.

    Raises:
        InputError: a comparison cannot be read, an agent took no part, or there are too many comparisons.
    """
    found = asked.comparisons(MOST_WIDE if asked.is_wide else MOST_NARROW)
    chosen = looks(agents_of_all(asked, found))
    with style():
        figure, axes = grid(asked.width, (1.35, 1.1), list(found))
        for column, comparison in zip(axes.T, found.values(), strict=True):
            _draw(column, comparison, {agent: chosen[agent] for agent in asked.agents_of(comparison)})
        name_rows(figure, axes, (HEADINGS["pas_percent"], "violations (%)"))
        legend_above(figure, axes[0])
    return figure


def _draw(column: Sequence[Axes], comparison: Comparison, chosen: dict[str, Look]) -> None:
    above, below = column
    summary = summary_by_agent(comparison)
    for agent, look in chosen.items():
        row = summary[agent]
        for axis, metric in ((above, "pas_percent"), (below, "violation_percent")):
            at = row["cores"], row[metric]
            point(axis, at, (half_width(row, "cores"), half_width(row, metric)), (agent, look))
    scale_percent(below)
    above.margins(0.1)
    few_ticks(above)
    below.set_xlabel(HEADINGS["cores"])
    below.set_xlim(left=0)
