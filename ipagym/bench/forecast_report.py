"""Forecasters compared: a table, a figure, and the figures as CSV."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from rich.box import SIMPLE_HEAD
from rich.table import Table

from ipagym.bench.drawing.looks import MARKERS, PALETTE
from ipagym.bench.drawing.style import SINGLE, new_figure, style
from ipagym.forecast.evaluation import Course

Courses = Mapping[str, Mapping[str, Course]]
"""Forecasts by workload, then by forecaster."""

DRAWN = ("reactive", "lstm", "quantile")
"""Whose forecasts are drawn over time, as far as they are there; all are scored."""

MOST_DRAWN = 3


def scores_frame(courses: Courses) -> pd.DataFrame:
    """One row for each workload and forecaster."""
    return pd.DataFrame(
        {
            "workload": workload,
            "forecaster": name,
            "smape_percent": course.scores.smape_percent,
            "pinball_rps": course.scores.pinball_rps,
            "bias_rps": course.scores.bias_rps,
            "under_percent": 100 * course.scores.under_share,
        }
        for workload, by_name in courses.items()
        for name, course in by_name.items()
    )


def scores_table(courses: Courses) -> Table:
    """The same for the terminal, with the time that a forecast takes."""
    table = Table(
        box=SIMPLE_HEAD,
        padding=0,
        title="Forecasts of the highest rate of the next 20 s, every 10 s",
        caption="pinball: too little counts nine times as much as too much",
    )
    table.add_column("workload")
    table.add_column("forecaster", no_wrap=True)
    for heading in ("SMAPE %", "pinball rps", "bias rps", "too low %", "takes ms"):
        table.add_column(heading, justify="right")
    for workload, by_name in courses.items():
        for order, (name, course) in enumerate(by_name.items()):
            found = course.scores
            figures = (found.smape_percent, found.pinball_rps, found.bias_rps, 100 * found.under_share, course.each_ms)
            table.add_row("" if order else workload, name, *(f"{figure:.2f}" for figure in figures))
    return table


def figure(courses: Courses) -> Figure:
    """The first workload with forecasts over time, and the pinball loss of every forecaster under every workload."""
    with style():
        drawing = new_figure(SINGLE, 4.2)
        above, below = drawing.subplots(2, 1, height_ratios=(1, 1.1))
        workload, first = next(iter(courses.items()))
        _draw_course(above, first)
        above.set_title(f"highest rate of the next 20 s, {workload}")
        _draw_losses(below, courses)
    return drawing


def _draw_course(axes: Axes, by_name: Mapping[str, Course]) -> None:
    chosen = [name for name in DRAWN if name in by_name] or list(by_name)[:MOST_DRAWN]
    course = by_name[chosen[0]]
    axes.fill_between(course.times_s, course.truth, step="mid", color="0.85", label="what came", linewidth=0)
    for order, name in enumerate(chosen):
        axes.plot(by_name[name].times_s, by_name[name].forecasts, color=PALETTE[order], linewidth=0.8, label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("time (s)")
    axes.set_ylabel("requests/s")
    axes.legend(loc="upper right")


def _draw_losses(axes: Axes, courses: Courses) -> None:
    names = [name for name in next(iter(courses.values())) if name != "oracle"]
    mean = {name: sum(by_name[name].scores.pinball_rps for by_name in courses.values()) for name in names}
    ordered: Sequence[str] = sorted(names, key=lambda name: -mean[name])
    for order, (workload, by_name) in enumerate(courses.items()):
        losses = [by_name[name].scores.pinball_rps for name in ordered]
        axes.plot(
            losses,
            range(len(ordered)),
            MARKERS[order % len(MARKERS)],
            color=PALETTE[order % len(PALETTE)],
            label=workload,
        )
    axes.set_yticks(range(len(ordered)), ordered)
    axes.set_xlabel("pinball loss (requests/s; 0.9 quantile)")
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="y", linewidth=0.3)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=4, handletextpad=0)
