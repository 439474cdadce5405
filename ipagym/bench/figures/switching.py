"""How often agents change their knobs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ipagym.bench.comparison.confidence import half_width
from ipagym.bench.comparison.results import Comparison
from ipagym.bench.drawing.looks import PALETTE, Look, looks
from ipagym.bench.drawing.style import few_ticks, legend_above, line_style, new_figure, set_apart, shown, style
from ipagym.bench.figures.asked import Asked
from ipagym.bench.figures.panels import beside, point
from ipagym.bench.report.timelines import ALL_DEPLOYMENTS, stage_names
from ipagym.model.knobs import KNOBS, MIX, VARIANT

Deployment = Mapping[str, Any]
"""The knobs of a deployment in a table of windows."""

COLUMNS: Mapping[str, str] = {**{knob.name: knob.name for knob in KNOBS}, MIX: "weight"}
"""Where the value of each knob stands in a deployment."""


def draw(asked: Asked) -> Figure:
    """Above, the changes so far, a line for the mean over seeds and a band from the least to the most; below, the
    changes of each knob in an episode, with 95 % intervals over seeds. A change is a knob of a stage that has another
    value than in the window before.

    Raises:
        InputError: the comparison cannot be read, or an agent took no part.
    """
    found = asked.comparison()
    chosen = looks(asked.agents_of(found))
    counted = {agent: changes(found, agent) for agent in chosen}
    with style():
        figure = new_figure(asked.width, 3.2)
        above, below = figure.subplots(2, 1)
        for place, (agent, look) in enumerate(chosen.items()):
            set_apart(_draw_course(above, counted[agent], agent, look), place, len(chosen))
        _draw_knobs(below, counted, chosen)
        above.set(xlabel="time (s)", ylabel="changes so far")
        above.set_xlim(0, found.manifest.duration_s)
        above.set_ylim(bottom=0)
        few_ticks(above)
        legend_above(figure, [above])
    return figure


def changes(found: Comparison, agent: str) -> pd.DataFrame:
    """Changes in each window: columns `seed`, `start_s`, and the number of stages in which each knob changed."""
    rows = found.windows[found.windows["agent"] == agent].reset_index(drop=True)
    counted = {knob: np.zeros(len(rows), dtype=int) for knob in COLUMNS}
    for stage in stage_names(rows):
        asked = [_by_variant(each) for each in rows[f"{stage}{ALL_DEPLOYMENTS}"]]
        for at in range(1, len(rows)):
            if rows["seed"].iloc[at] == rows["seed"].iloc[at - 1]:
                for knob in _changed(asked[at - 1], asked[at]):
                    counted[knob][at] += 1
    return rows[["seed", "start_s"]].assign(**counted)


def _by_variant(deployments: Sequence[Deployment]) -> dict[str, Deployment]:
    """The deployments that run; a variant has one at most."""
    running = [each for each in deployments if each["replicas"]] or list(deployments)
    return {str(each["variant"]): each for each in running}


def _changed(before: Mapping[str, Deployment], after: Mapping[str, Deployment]) -> set[str]:
    """The knobs that changed: the variants, and of those that stay, or where one takes another's place, the values."""
    found = {VARIANT.name} if before.keys() != after.keys() else set()
    pairs = [(before[name], after[name]) for name in before.keys() & after.keys()]
    if len(before) == len(after) == 1:
        pairs = list(zip(before.values(), after.values(), strict=True))
    return found | {
        knob
        for knob, column in COLUMNS.items()
        if knob != VARIANT.name and any(a[column] != b[column] for a, b in pairs)
    }


def _draw_course(axis: Axes, counted: pd.DataFrame, agent: str, look: Look) -> list[Line2D]:
    """The line of an agent, over its band."""
    totals = counted[list(COLUMNS)].sum(axis=1).groupby(counted["seed"]).cumsum()
    by_time = counted.assign(total=totals).pivot(index="start_s", columns="seed", values="total")
    band = axis.fill_between(by_time.index, by_time.min(axis=1), by_time.max(axis=1), step="post", linewidth=0)
    band.set(color=PALETTE[look.colour], alpha=0.15)
    return axis.step(by_time.index, by_time.mean(axis=1), where="post", label=shown(agent), **line_style(look))


def _draw_knobs(axis: Axes, counted: Mapping[str, pd.DataFrame], chosen: Mapping[str, Look]) -> None:
    totals = {agent: frame.groupby("seed")[list(COLUMNS)].sum() for agent, frame in counted.items()}
    turned = [knob for knob in COLUMNS if any(each[knob].any() for each in totals.values())] or list(COLUMNS)
    for place, (agent, look) in enumerate(chosen.items()):
        for at, knob in enumerate(turned):
            values = totals[agent][knob].tolist()
            half = half_width(values) if len(values) > 1 else 0.0
            point(axis, (at + beside(place, len(chosen)), float(np.mean(values))), (0.0, half), (agent, look))
    axis.set_xticks(range(len(turned)), turned)
    axis.set_xlim(-0.5, len(turned) - 0.5)
    axis.set_ylim(bottom=-0.06 * axis.get_ylim()[1])
    few_ticks(axis)
    axis.set_ylabel("changes in an episode")
