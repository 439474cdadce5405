"""Differences between agents on the same seeds, with intervals."""

from matplotlib.figure import Figure

from ipagym.bench.drawing.looks import looks
from ipagym.bench.drawing.style import new_figure, shown, style
from ipagym.bench.figures.asked import Asked
from ipagym.bench.figures.panels import HEADINGS, point, zero_line
from ipagym.system.errors import InputError


def draw(asked: Asked) -> Figure:
    """The figures of each agent less those of the first one, mean over seeds with 95 % intervals: a panel for a metric.

    Raises:
        InputError: the comparison cannot be read, or has fewer than two of the agents.
    """
    found = asked.comparison()
    reference, *others = asked.agents_of(found)
    if not others:
        raise InputError(f"{found.out} has one agent to draw, {reference}: a difference needs two")
    chosen = looks([reference, *others])
    columns = 4 if asked.is_wide else 2
    with style():
        rows = len(HEADINGS) // columns
        figure = new_figure(asked.width, rows * (0.55 + 0.16 * len(others)) + 0.25)
        axes = figure.subplots(rows, columns, sharey=True).ravel()
        for axis, (metric, heading) in zip(axes, HEADINGS.items(), strict=True):
            zero_line(axis)
            for at, agent in enumerate(others):
                row = found.paired(agent, reference).loc[metric]
                half = 0.0 if row["ci95"] is None or row["ci95"] != row["ci95"] else float(row["ci95"])
                point(axis, (float(row["difference"]), at), (half, 0.0), (agent, chosen[agent]))
            axis.set_xlabel(f"Δ {heading}")
        axes[0].set_yticks(range(len(others)), list(map(shown, others)))
        axes[0].set_ylim(len(others) - 0.5, -0.5)
        figure.suptitle(f"difference from {shown(reference)}, on the same seeds", fontsize=7)
    return figure
