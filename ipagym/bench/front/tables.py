"""Fronts and hypervolumes as tables."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ipagym.bench.comparison.confidence import half_width
from ipagym.bench.front.points import AXES, Floats, Points
from ipagym.bench.front.volume import Box, Interval, difference_interval, on_front, volume_interval


def front_frame(points: Points) -> pd.DataFrame:
    """A row for each weight and agent: mean and 95 % half width (`_ci95`, none with a single seed) in each axis, and
    whether no point of any agent dominates it (`front`).
    """
    agents = list(points.of_agent)
    rows: list[dict[str, object]] = [
        {"weights": weights, "agent": agent, **_estimates(points.of_agent[agent][k])}
        for k, weights in enumerate(points.weights)
        for agent in agents
    ]
    every = np.stack([points.means(agent) for agent in agents], axis=1).reshape(-1, len(AXES))
    return pd.DataFrame(rows).assign(front=on_front(every))


def volume_frame(points: Points, box: Box) -> pd.DataFrame:
    """A row for each agent: `hypervolume`, and `less_first`, by how much it is above that of the first agent, each with
    the bounds of its 95 % interval.
    """
    first, *others = points.of_agent
    rows: list[dict[str, object]] = [{"agent": first, **_bounds("hypervolume", volume_interval(points, first, box))}]
    for agent in others:
        found = _bounds("hypervolume", volume_interval(points, agent, box))
        apart = _bounds("less_first", difference_interval(points, agent, first, box))
        rows.append({"agent": agent, **found, **apart})
    return pd.DataFrame(rows)


def box_line(box: Box) -> str:
    """A line that says between which corners volumes are measured."""
    return f"share of the box from the reference point ({_corner(box.reference)}) to the best ({_corner(box.best)})"


def interval_text(row: pd.Series, name: str) -> str:
    """A figure of a row of `volume_frame` with its bounds; empty where it has none."""
    value, low, high = (row.get(key) for key in (name, f"{name}_low", f"{name}_high"))
    if value is None or pd.isna(value):
        return ""
    sign = "+" if name == "less_first" else ""
    return f"{value:{sign}.3f}" + ("" if low is None or pd.isna(low) else f" ({low:{sign}.3f} … {high:{sign}.3f})")


def _estimates(figures: Floats) -> dict[str, float | None]:
    """Of one agent under one weight, shape (seeds, axes)."""
    found: dict[str, float | None] = {}
    for axis, values in zip(AXES, figures.T, strict=True):
        found[axis.key] = float(values.mean())
        found[f"{axis.key}_ci95"] = half_width(values.tolist()) if len(values) > 1 else None
    return found


def _bounds(name: str, interval: Interval) -> dict[str, float | None]:
    return {name: interval.value, f"{name}_low": interval.low, f"{name}_high": interval.high}


def _corner(corner: Sequence[float] | Floats) -> str:
    return ", ".join(f"{axis.heading.rstrip(', %')} {value:.3g}{' %' if axis.heading.endswith('%') else ''}"
                     for axis, value in zip(AXES, corner, strict=True))  # fmt: skip
