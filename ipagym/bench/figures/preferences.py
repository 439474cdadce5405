"""The effects of weights and other settings: accuracy, cost and violations over the values of a sweep."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ipagym.bench.comparison.results import CI, Comparison
from ipagym.bench.drawing.looks import Look, looks
from ipagym.bench.drawing.style import (
    few_ticks,
    legend_above,
    line_style,
    marker_style,
    scale_percent,
    scale_y,
    shown,
    style,
)
from ipagym.bench.figures.asked import Asked, agents_of_all
from ipagym.bench.figures.panels import SHORT_HEADINGS, beside, grid, name_rows
from ipagym.bench.sweep.grid import label, text_of
from ipagym.bench.sweep.results import FILE_NAME, Sweep, is_sweep, load_sweep
from ipagym.system.errors import InputError

METRICS = ("pas_percent", "cores", "violation_percent")
MOST_WIDE, MOST_NARROW = 5, 2
NAMES = {
    "objective.alpha": "α, weight of accuracy", "objective.beta": "β, weight of cost", "slo_s": "SLO (s)",
    "interval_s": "adaptation interval (s)",
}  # fmt: skip
"""Axis labels of settings."""


def draw(asked: Asked) -> Figure:
    """A column of panels for each sweep: the means over seeds with their 95 % intervals at each combination of values.

    Raises:
        InputError: a folder holds no sweep, an agent took no part, or there are too many sweeps.
    """
    sweeps = {path.name: load_sweep(path) for run in asked.runs for path in _folders(Path(run))}
    asked.check_number(len(sweeps), MOST_WIDE if asked.is_wide else MOST_NARROW)
    agents = {name: agents_of_all(asked, named(sweep)) for name, sweep in sweeps.items()}
    chosen = looks(list(dict.fromkeys(agent for each in agents.values() for agent in each)))
    with style():
        figure, axes = grid(asked.width, (0.9, 0.9, 0.9), list(sweeps))
        for column, (name, sweep) in zip(axes.T, sweeps.items(), strict=True):
            _draw(column, sweep, {agent: chosen[agent] for agent in agents[name]})
        name_rows(figure, axes, [SHORT_HEADINGS[metric] for metric in METRICS])
        legend_above(figure, axes[0])
    return figure


def named(sweep: Sweep) -> Mapping[str, Comparison]:
    """The comparisons of a sweep by the label of their settings."""
    return {label(point): each for point, each in zip(sweep.points, sweep.comparisons, strict=True)}


def _folders(run: Path) -> list[Path]:
    """The folder of a sweep, or those below one that holds several."""
    found = [run] if is_sweep(run) else sorted(path.parent for path in run.glob(f"*/{FILE_NAME}"))
    if not found:
        raise InputError(f"{run} holds no sweep, nor does a folder in it: give one that `ipagym sweep` wrote")
    return found


def _draw(column: Any, sweep: Sweep, chosen: Mapping[str, Look]) -> None:
    summary = sweep.summary
    for metric, axis in zip(METRICS, column, strict=True):
        for place, (agent, look) in enumerate(chosen.items()):
            rows = summary[summary["agent"] == agent]
            at = [index + beside(place, len(chosen)) / 2 for index in _places(sweep, rows)]
            axis.errorbar(
                at, rows[metric], yerr=rows[metric + CI].fillna(0), elinewidth=0.7, label=shown(agent),
                **(line_style(look) | marker_style(look)),
            )  # fmt: skip
    drawn = summary[summary["agent"].isin(list(chosen))]
    scale_y(column[1], drawn["cores"])
    scale_percent(column[2])
    few_ticks(column[0])
    _name_values(column[2], sweep)


def _places(sweep: Sweep, rows: pd.DataFrame) -> list[int]:
    """The places of rows on the axis of combinations."""
    known = [tuple(map(text_of, point.values())) for point in sweep.points]
    return [known.index(tuple(text_of(row[name]) for name in sweep.settings)) for row in rows.to_dict("records")]


def _name_values(axis: Any, sweep: Sweep) -> None:
    texts = [", ".join(map(text_of, point.values())) for point in sweep.points]
    is_long = max(map(len, texts)) * len(texts) > 40
    axis.set_xticks(range(len(texts)), texts, rotation=45 if is_long else 0, ha="right" if is_long else "center")
    axis.set_xlabel(", ".join(NAMES.get(name, name) for name in sweep.settings))
