"""The distribution of the latencies of requests, with the SLO."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ipagym.bench.comparison.results import Comparison
from ipagym.bench.drawing.looks import Look, looks
from ipagym.bench.drawing.style import GREY, legend_above, line_style, name_decades, new_figure, set_apart, shown, style
from ipagym.bench.figures.asked import Asked, agents_of_all
from ipagym.system.errors import InputError

MOST_WIDE, MOST_NARROW = 5, 2
POINTS = 500


def draw(asked: Asked) -> Figure:
    """A panel for each comparison: the share of the requests of all seeds that were answered within each latency.

    Requests that were never answered count as well: a line ends below 100 % where there are such.

    Raises:
        InputError: a comparison cannot be read, has lost its episodes, or there are too many.
    """
    found = asked.comparisons(MOST_WIDE if asked.is_wide else MOST_NARROW)
    chosen = looks(agents_of_all(asked, found))
    with style():
        figure = new_figure(asked.width, 2.3)
        axes = figure.subplots(1, len(found), squeeze=False, sharey=True)[0]
        for axis, (name, comparison) in zip(axes, found.items(), strict=True):
            _draw(axis, comparison, {agent: chosen[agent] for agent in asked.agents_of(comparison)})
            axis.set_title(shown(name) if len(found) > 1 else "")
        axes[0].set_ylabel("answered (% of requests)")
        axes[0].set_ylim(0, 102)
        legend_above(figure, axes)
    return figure


def distribution(latencies_s: NDArray[np.float64], arrived: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Latencies in seconds, and the percent of the requests that arrived that were answered within each."""
    ordered = np.sort(latencies_s)
    places = np.unique(np.linspace(0, len(ordered) - 1, POINTS).round().astype(int))
    return ordered[places], 100 * (places + 1) / max(arrived, len(ordered))


def _draw(axis: Axes, comparison: Comparison, chosen: Mapping[str, Look]) -> None:
    requests = comparison.requests()
    if requests.empty:
        raise InputError(f"{comparison.out} has no files of episodes, which hold the latencies: run it again")
    arrived = comparison.windows.groupby("agent")["arrivals"].sum()
    for place, (agent, look) in enumerate(chosen.items()):
        own = requests.loc[requests["agent"] == agent, "latency_s"].to_numpy()
        lines = axis.plot(*distribution(own, int(arrived[agent])), label=shown(agent), **line_style(look))
        set_apart(lines, place, len(chosen), towards=(1, 0))
    axis.set_xscale("log")
    low, high = _limits(requests["latency_s"].to_numpy(), comparison.manifest.slo_s)
    axis.set_xlim(low, high)
    name_decades(axis.xaxis, high / low)
    axis.axvline(comparison.manifest.slo_s, color=GREY, linewidth=0.8, linestyle=(0, (1, 1)))
    axis.annotate(
        f"SLO {comparison.manifest.slo_s:.3g} s", (comparison.manifest.slo_s, 0), xytext=(-2, 3), fontsize=6,
        color=GREY, ha="right", textcoords="offset points",
    )  # fmt: skip
    axis.set_xlabel("latency (s)")


def _limits(latencies_s: NDArray[np.float64], slo_s: float) -> tuple[float, float]:
    """From a tenth of a percent of the requests up to the last, or well beyond the SLO."""
    low, high = np.quantile(latencies_s, (0.001, 0.9999))
    return float(max(low, 1e-3)) * 0.9, float(max(high, 1.6 * slo_s)) * 1.1
