"""Loads over time, a panel for each."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ipagym.bench.comparison.requests import arrivals_per_s
from ipagym.bench.drawing.style import new_figure, shown, style
from ipagym.bench.figures.asked import Asked
from ipagym.bench.load_figure import draw_load
from ipagym.bench.report.folders import read_tasks
from ipagym.random.streams import Streams
from ipagym.workload import by_name
from ipagym.workload.rates import checked_rates

MOST = 12
POINTS_PER_INCH = 100


def draw(asked: Asked) -> Figure:
    """The rate of every second of each load: of a folder the requests that arrived under the first seed, of a load by
    name, or by the path of its file, its rates under seed 0.

    Raises:
        InputError: a load cannot be read, or there are too many.
    """
    loads = {name: rates for run in asked.runs for name, rates in _loads(run).items()}
    asked.check_number(len(loads), MOST)
    columns = min(4 if asked.is_wide else 2, len(loads))
    rows = -(-len(loads) // columns)
    with style():
        figure = new_figure(asked.width, 0.35 + 1.1 * rows)
        axes = figure.subplots(rows, columns, squeeze=False)
        for axis in axes.ravel()[len(loads) :]:
            axis.set_axis_off()
        for axis, (name, rates) in zip(axes.ravel(), loads.items(), strict=False):
            draw_load(axis, rates, round(POINTS_PER_INCH * asked.width / columns))
            axis.set_title(shown(name))
        figure.supxlabel("time (s)", fontsize=7)
        figure.supylabel("load (requests per second)", fontsize=7)
    return figure


def _loads(run: str) -> dict[str, NDArray[np.float64]]:
    if Path(run).is_dir():
        return {name: arrivals_per_s(task.out, task.manifest.seeds[0]) for name, task in read_tasks(Path(run)).items()}
    return {Path(run).stem: checked_rates(by_name(run), Streams.spawn(0).load)}
