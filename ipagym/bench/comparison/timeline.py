"""The figure of a comparison: load, latency, violations, cost and accuracy over time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter
from numpy.typing import NDArray

from ipagym.system.files import content_of

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""The colour-blind-safe palette of Okabe and Ito (its yellow left out: too pale for lines)."""

DASHES = ("-", "--", "-.", ":")
COLUMN_INCHES = 3.5
DPI = 300
FLOOR_S = 1e-3
LOG_SPREAD = 20


def timeline(frame: pd.DataFrame, slo_s: float) -> Figure:
    """Five panels over time, one line per agent: load, p99 latency with the SLO, violations, cores, PAS.

    `frame` is a table of windows; of several seeds the first is shown. The figure is one text column wide.
    """
    seed = frame["seed"].iloc[0]
    shown = frame[frame["seed"] == seed]
    figure = Figure(figsize=(COLUMN_INCHES, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Sequence[Axes] = figure.subplots(5, 1, sharex=True, height_ratios=(0.8, 1.2, 1, 1.1, 1))
    for order, (agent, rows) in enumerate(shown.groupby("agent", sort=False)):
        _draw(axes, rows, {**_style(order), "label": str(agent)})
    first = shown[shown["agent"] == shown["agent"].iloc[0]]
    _steps(axes[0], first, first["arrivals"] / first["duration_s"], {"color": "0.35", "linewidth": 0.8})
    axes[1].axhline(slo_s, color="0.2", linewidth=0.7, linestyle=(0, (1, 1)))
    at_the_right_edge = axes[1].get_yaxis_transform()
    axes[1].text(1.01, slo_s, "SLO", fontsize=6, va="center", transform=at_the_right_edge)
    _dress(axes, shown)
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 3), fontsize=7, frameon=False)
    return figure


def png_bytes(figure: Figure) -> bytes:
    """The figure as a PNG image of 300 dots per inch."""
    return content_of(lambda file: figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None}))


def _style(order: int) -> dict[str, object]:
    """Colours first, then dashes; earlier agents lie on top of later ones."""
    dash = DASHES[order // len(COLOURS) % len(DASHES)]
    return {"color": COLOURS[order % len(COLOURS)], "linestyle": dash, "linewidth": 0.9, "zorder": 3 - order / 1000}


def _draw(axes: Sequence[Axes], rows: pd.DataFrame, style: dict[str, object]) -> None:
    p99 = rows["latency_p99_s"].where(rows["completed"] > 0).clip(lower=FLOOR_S)
    _steps(axes[1], rows, p99, style)
    _steps(axes[2], rows, 100 * rows["violation_rate"], style)
    _steps(axes[3], rows, rows["cores"], style)
    _steps(axes[4], rows, 100 * rows["pas"], style)


def _steps(axis: Axes, rows: pd.DataFrame, values: "pd.Series[float]", style: dict[str, object]) -> None:
    """A line that holds each window's value over the whole window."""
    edges = np.append(rows["start_s"].to_numpy(), rows["start_s"].iloc[-1] + rows["duration_s"].iloc[-1])
    heights: NDArray[np.float64] = np.append(values.to_numpy(), values.iloc[-1])
    axis.step(edges, heights, where="post", **style)  # type: ignore[arg-type]


def _dress(axes: Sequence[Axes], shown: pd.DataFrame) -> None:
    labels = ("load\n(req/s)", "p99 latency\n(s)", "violations\n(% of req)", "cost\n(cores)", "PAS\n(%)")
    for axis, label in zip(axes, labels, strict=True):
        axis.set_ylabel(label, fontsize=7)
        axis.tick_params(labelsize=6)
        axis.grid(visible=True, linewidth=0.3, alpha=0.5)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylim(bottom=0)
    axes[2].set_ylim(-3, 103)
    _scale(axes[1], shown.loc[shown["completed"] > 0, "latency_p99_s"])
    _scale(axes[3], shown["cores"])
    axes[-1].set_xlabel("time (s)", fontsize=7)
    axes[-1].set_xlim(shown["start_s"].min(), (shown["start_s"] + shown["duration_s"]).max())
    axes[0].figure.align_ylabels(list(axes))


def _scale(axis: Axes, values: "pd.Series[float]") -> None:
    """From zero, or logarithmic where the values differ by more than a factor of `LOG_SPREAD`."""
    if len(values) and values.max() > LOG_SPREAD * max(values.min(), FLOOR_S):
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    else:
        axis.set_ylim(bottom=0)
