"""The figure of a comparison: load, latency, violations, cost and accuracy over time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ipagym.bench.files import content_of
from ipagym.scenario import Scenario

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""The colour-blind-safe palette of Okabe and Ito (its yellow left out: too pale for lines)."""

DASHES = ("-", "--", "-.", ":")
COLUMN_INCHES = 3.5
DPI = 300
FLOOR_S = 1e-3


def timeline(frame: pd.DataFrame, scenario: Scenario) -> Figure:
    """Five panels over time, one line per agent: load, p99 latency with the SLO, violations, cores, PAS.

    `frame` is a table of windows; of several seeds the first is shown. The figure is one text column wide.
    """
    seed = frame["seed"].iloc[0]
    shown = frame[frame["seed"] == seed]
    figure = Figure(figsize=(COLUMN_INCHES, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    axes: Sequence[Axes] = figure.subplots(5, 1, sharex=True, height_ratios=(0.8, 1.2, 1, 1.1, 1))
    for (agent, rows), style in zip(shown.groupby("agent", sort=False), _styles(), strict=False):
        _draw(axes, rows, {**style, "label": str(agent)})
    first = shown[shown["agent"] == shown["agent"].iloc[0]]
    _steps(axes[0], first, first["arrivals"] / first["duration_s"], {"color": "0.35", "linewidth": 0.8})
    axes[1].axhline(scenario.pipeline.slo_s, color="0.2", linewidth=0.7, linestyle=(0, (1, 1)))
    axes[1].annotate(
        "SLO", (1, scenario.pipeline.slo_s), xycoords=("axes fraction", "data"), fontsize=6, va="center", ha="left",
        xytext=(2, 0), textcoords="offset points",
    )  # fmt: skip
    _dress(axes, shown)
    handles, labels = axes[1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 3), fontsize=7, frameon=False)
    return figure


def png_bytes(figure: Figure) -> bytes:
    """The figure as a PNG image of 300 dots per inch."""
    return content_of(lambda file: figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None}))


def _styles() -> list[dict[str, object]]:
    return [{"color": c, "linestyle": d, "linewidth": 0.9} for d in DASHES for c in COLOURS]


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
    if _spread(shown) > 20:
        axes[1].set_yscale("log")
    axes[0].set_ylim(bottom=0)
    axes[2].set_ylim(-3, 103)
    axes[3].set_ylim(bottom=0)
    axes[-1].set_xlabel("time (s)", fontsize=7)
    axes[-1].margins(x=0)
    axes[0].figure.align_ylabels(list(axes))


def _spread(shown: pd.DataFrame) -> float:
    """Largest over smallest p99 latency."""
    p99 = shown.loc[shown["completed"] > 0, "latency_p99_s"]
    return float(p99.max() / max(p99.min(), FLOOR_S)) if len(p99) else 1.0
