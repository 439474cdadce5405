"""The figure of a load: its rate over time."""

import numpy as np
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ipagym.bench.comparison.timeline import COLOURS, DPI
from ipagym.system.errors import InputError
from ipagym.system.files import content_of

POINTS = 2000
"""Of longer loads, the mean, the least and the most of spans are drawn: as many spans as lines can show."""

FORMATS = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
"""Endings of pictures, with the metadata that would differ from run to run."""


def load_figure(rates_rps: NDArray[np.float64], title: str) -> Figure:
    """The rates of every second, shape (duration_s,), or spans of them."""
    figure = Figure(figsize=(7.0, 2.6), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    span_s = -(-len(rates_rps) // POINTS)
    starts = np.arange(0, len(rates_rps), span_s)
    mean = np.add.reduceat(rates_rps, starts) / np.diff(np.append(starts, len(rates_rps)))
    edges = np.append(starts, len(rates_rps))
    if span_s > 1:
        least, most = np.minimum.reduceat(rates_rps, starts), np.maximum.reduceat(rates_rps, starts)
        axis.fill_between(
            edges, np.append(least, least[-1]), np.append(most, most[-1]), step="post", color=COLOURS[0], alpha=0.25,
            linewidth=0, label=f"least and most of {span_s} s",
        )  # fmt: skip
    axis.step(edges, np.append(mean, mean[-1]), where="post", color=COLOURS[0], linewidth=0.8, label="rate")
    axis.set_title(title, fontsize=8, parse_math=False)
    axis.set_xlabel("time (s)", fontsize=7)
    axis.set_ylabel("load (req/s)", fontsize=7)
    axis.tick_params(labelsize=6)
    axis.set_xlim(0, len(rates_rps))
    axis.set_ylim(bottom=0)
    axis.spines[["top", "right"]].set_visible(False)
    if span_s > 1:
        axis.legend(fontsize=6, frameon=False)
    return figure


def check_ending(ending: str) -> None:
    """Refuse pictures of other kinds.

    Raises:
        InputError: the ending is none of `FORMATS`.
    """
    if ending.lower() not in FORMATS:
        raise InputError(f"--out must end in {', '.join(FORMATS)}, not in {ending!r}")


def picture_bytes(figure: Figure, ending: str) -> bytes:
    """The figure as a file of that ending, the same bytes in every run."""
    kind = ending.lower()
    with rc_context({"svg.hashsalt": "ipagym"}):
        return content_of(
            lambda file: figure.savefig(file, format=kind.removeprefix("."), dpi=DPI, metadata=FORMATS[kind])
        )
