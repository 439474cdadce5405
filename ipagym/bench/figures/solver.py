"""How long a decision takes, by solver and size of the pipeline."""

import json
from math import inf
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from ipagym.bench.drawing.looks import PALETTE, looks
from ipagym.bench.drawing.style import SINGLE, legend_above, line_style, marker_style, name_decades, new_figure, style
from ipagym.bench.figures.asked import Asked
from ipagym.system.errors import InputError

FILE_NAME = "solvers.json"
COLUMNS = ("solver", "stages", "variants", "loads", "total_median_ms", "total_p99_ms")


def draw(asked: Asked) -> Figure:
    """The times that `ipagym bench-solver` wrote into a folder.

    Raises:
        InputError: it holds none, or there is more than one folder.
    """
    asked.check_number(len(asked.runs), 1)
    return solver_figure(read_rows(Path(asked.runs[0])), asked.width)


def solver_figure(rows: pd.DataFrame, width: float = SINGLE) -> Figure:
    """Median and p99 of each solver by size, on a logarithmic scale; `rows` has a row for each of both."""
    sized = rows.assign(cells=rows["stages"] * rows["variants"], size=_sizes(rows)).sort_values(
        ["cells", "variants"], kind="stable"
    )
    sizes = list(dict.fromkeys(sized["size"]))
    with style():
        figure = new_figure(width, 2.5)
        axis = figure.subplots()
        solved = sized[sized["loads"] > 0]
        for name, look in looks(list(dict.fromkeys(rows.loc[rows["loads"] > 0, "solver"]))).items():
            known = solved[solved["solver"] == name]
            at = [sizes.index(size) for size in known["size"]]
            axis.plot(at, known["total_median_ms"], label=name, **(line_style(look) | marker_style(look)))
            band = axis.fill_between(at, known["total_median_ms"], known["total_p99_ms"], linewidth=0)
            band.set(color=PALETTE[look.colour], alpha=0.15)
        if rows["loads"].any():
            axis.set_yscale("log")
            name_decades(axis.yaxis, inf)
        axis.set_xticks(range(len(sizes)), sizes)
        axis.set_xlabel("stages × variants")
        axis.set_ylabel("decision, median to p99 (ms)")
        legend_above(figure, [axis])
    return figure


def _sizes(rows: pd.DataFrame) -> list[str]:
    return [f"{stages}×{variants}" for stages, variants in zip(rows["stages"], rows["variants"], strict=True)]


def read_rows(folder: Path) -> pd.DataFrame:
    """The rows that the benchmark wrote.

    Raises:
        InputError: there are none that can be read.
    """
    try:
        return pd.DataFrame(json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))["rows"])[list(COLUMNS)]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            f"{folder} holds no times of solvers: give a folder that `ipagym bench-solver` wrote"
        ) from error
