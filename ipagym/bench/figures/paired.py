"""Differences between agents on the same seeds, with intervals."""

from matplotlib.figure import Figure

from ipagym.bench.comparison.results import Comparison
from ipagym.bench.drawing.looks import looks
from ipagym.bench.drawing.style import new_figure, shown, style
from ipagym.bench.figures.asked import Asked
from ipagym.bench.figures.panels import HEADINGS, point, zero_line
from ipagym.system.errors import InputError

ROUNDED = 9
"""Digits after the point: less is the rounding of sums."""


def draw(asked: Asked) -> Figure:
    """The figures of each agent minus those of the first one, mean over seeds with 95 % intervals: a panel per metric.

    Raises:
        InputError: the comparison cannot be read, or has fewer than two of the agents.
    """
    found = asked.comparison()
    reference, *others = asked.agents_of(found)
    if not others:
        raise InputError(f"{found.out} has one agent to draw, {reference}: a difference needs two")
    chosen = looks([reference, *others])
    differences = {agent: _differences(found, agent, reference) for agent in others}
    columns = 4 if asked.is_wide else 2
    with style():
        rows = len(HEADINGS) // columns
        figure = new_figure(asked.width, rows * (0.55 + 0.16 * len(others)) + 0.25)
        axes = figure.subplots(rows, columns, sharey=True).ravel()
        for axis, (metric, heading) in zip(axes, HEADINGS.items(), strict=True):
            zero_line(axis)
            for at, agent in enumerate(others):
                difference, half = differences[agent][metric]
                point(axis, (difference, at), (half, 0.0), (agent, chosen[agent]))
            if all(difference == half == 0 for difference, half in (each[metric] for each in differences.values())):
                axis.set_xlim(-1, 1)
            axis.set_xlabel(f"Δ {heading}")
        axes[0].set_yticks(range(len(others)), list(map(shown, others)))
        axes[0].set_ylim(len(others) - 0.5, -0.5)
        figure.suptitle(f"difference from {shown(reference)}, on the same seeds", fontsize=7)
    return figure


def _differences(found: Comparison, agent: str, reference: str) -> dict[str, tuple[float, float]]:
    """Of each metric the difference and the half width of its interval, 0 under a single seed."""
    frame = found.paired(agent, reference).astype(float).round(ROUNDED)
    values = zip(frame["difference"].tolist(), frame["ci95"].fillna(0.0).tolist(), strict=True)
    return dict(zip(map(str, frame.index), values, strict=True))
