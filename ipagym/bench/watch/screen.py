"""The progress of a run, drawn for a terminal."""

from collections.abc import Sequence

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ipagym.bench.watch.state import Part, Watched

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 24
"""Characters of a sparkline."""


def drawn(watched: Watched) -> RenderableType:
    """Title and progress, the parts if there are several, and the lines of the current one."""
    rows: list[RenderableType] = [Text(_headline(watched)), _bar(watched)]
    if len(watched.parts) > 1:
        rows.append(_parts(watched.parts))
    current = watched.current
    if current.lines:
        rows.append(_lines(current))
    rows += [Text(f"failed: {line.name}: {line.failed}") for line in current.lines if line.failed is not None]
    return Group(*rows)


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """The values as blocks, the lowest one eighth high and the highest whole; neighbours are averaged into `width`."""
    if not values:
        return ""
    parts = np.array_split(np.asarray(values, dtype=float), min(width, len(values)))
    means = np.array([part.mean() for part in parts])
    span = means.max() - means.min()
    heights = (means - means.min()) / span if span > 0 else np.full(len(means), 0.5)
    return "".join(BLOCKS[round(height * (len(BLOCKS) - 1))] for height in heights)


def _bar(watched: Watched) -> Table:
    line = Table.grid()
    line.add_row(ProgressBar(max(watched.total, 1), watched.done, width=60))
    return line


def _headline(watched: Watched) -> str:
    ending = "finished" if watched.is_finished else _left(watched.left_s)
    return f"{watched.title}: {watched.done:,} of {watched.total:,} {watched.unit}, {ending}"


def _left(left_s: float | None) -> str:
    if left_s is None:
        return "time left unknown"
    minutes, seconds = divmod(round(left_s), 60)
    return f"about {minutes} min {seconds} s left" if minutes else f"about {seconds} s left"


def _parts(parts: Sequence[Part]) -> Table:
    table = Table("task", "done", "failed", box=SIMPLE_HEAD)
    for part in parts:
        failed = sum(line.failed is not None for line in part.lines)
        table.add_row(part.title, f"{part.done} of {part.total}", str(failed or ""))
    return table


def _lines(part: Part) -> Table:
    table = Table(title=part.title, box=SIMPLE_HEAD, title_justify="left")
    table.add_column("agent")
    for heading in ("done", *part.headings):
        table.add_column(heading, justify="right")
    table.add_column("reward over time", no_wrap=True)
    for line in part.lines:
        table.add_row(line.name, f"{line.done:,} of {line.total:,}", *line.figures, sparkline(line.course))
    return table
