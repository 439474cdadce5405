"""An episode so far as an array of pixels.

Axes and names are drawn once; a frame is a copy of them with the areas, lines and titles of its windows on top. Every
value is constant over its window, so areas and lines align with pixels.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ipagym.envs.rendering.episode import EpisodeSoFar
from ipagym.envs.rendering.layout import COLUMN, LARGE, MEDIUM, RIGHT, TOP, WIDTH, lay_out
from ipagym.envs.rendering.panels import Panel
from ipagym.envs.rendering.scales import Values
from ipagym.envs.rendering.sheet import DARK, Pixels, Sheet, fitted
from ipagym.task.scenario import Scenario

MARK = 4
"""Height in pixels of the mark at the top for values beyond the scale."""

DASH, SPACE = 4, 3
"""Pixels of the dashed line."""

Columns = NDArray[np.int64]


class Picture:
    """Frames of the episodes of one scenario, all of one size.

    `boxes` are the plotting areas of the panels by name.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._end_s = scenario.windows * scenario.interval_s
        layout = lay_out(scenario)
        self._sheet, self._panels = layout.sheet, layout.panels
        self.boxes = {panel.name: box for panel, box in layout.panels}

    def draw(self, episode: EpisodeSoFar) -> Pixels:
        """The frame of an episode, an array of shape (height, width, 3)."""
        sheet = Sheet(self._sheet)
        clock = f"t = {episode.windows['end_s'][-1]:.0f} of {self._end_s:.0f} s"
        sheet.write((WIDTH - RIGHT, TOP - 8), clock, size=LARGE, anchor="rs")
        for panel, box in self._panels:
            title = fitted(panel.title(episode), COLUMN - RIGHT, MEDIUM)
            sheet.write((box.left, box.top - 5), title, size=MEDIUM)
        pixels = sheet.pixels()
        for panel, box in self._panels:
            _plot(pixels[box.top : box.bottom, box.left : box.right], panel, episode, self._end_s)
        return pixels


def _plot(area: Pixels, panel: Panel, episode: EpisodeSoFar, end_s: float) -> None:
    """Draw a panel's values into its plotting area."""
    height, width = area.shape[:2]
    tops = np.cumsum(panel.areas(episode), axis=0, dtype=np.float64)
    columns, pick = picked(episode.edges_s * (width / end_s), tops[-1])
    shown = area[:, columns[0] : columns[-1] + 1]
    pick = pick[: shown.shape[1]]
    heights = np.rint(height * np.nan_to_num(panel.scale.place(tops[:, pick]))).astype(np.int64)
    _fill(shown, heights, panel.colours)
    shown[:MARK, panel.scale.is_beyond(tops[-1, pick])] = _rgb(DARK)
    if panel.line is not None:
        _draw_line(shown, np.rint((height - 1) * panel.scale.place(panel.line(episode)[pick])).astype(np.int64))
    if panel.level is not None:
        row = height - 1 - round((height - 1) * float(panel.scale.place(panel.level)))
        area[row, np.arange(width) % (DASH + SPACE) < DASH] = _rgb(DARK)


def picked(edges: Values, values: Values) -> tuple[Columns, Columns]:
    """Columns of pixels and the window that each shows; `edges` are those of n windows in pixels, shape (n + 1,).

    A window has the columns between its rounded edges. If several windows share a column, it shows the highest value.
    """
    rounded = np.rint(edges).astype(np.int64)
    ends = np.maximum(rounded[1:], rounded[:-1] + 1)
    columns = np.arange(rounded[0], ends[-1])
    first = np.searchsorted(ends, columns, side="right")
    last = np.searchsorted(rounded[:-1], columns, side="right") - 1
    known, pick = np.nan_to_num(values, nan=-np.inf), first
    for step in range(1, int((last - first).max()) + 1):
        other = np.minimum(first + step, last)
        pick = np.where(known[other] > known[pick], other, pick)
    return columns, pick


def _fill(area: Pixels, heights: Columns, colours: Sequence[str]) -> None:
    """Fill each column from the bottom with layers up to `heights`, shape (layers, columns)."""
    up = np.arange(len(area))[::-1, np.newaxis]
    below = np.zeros_like(heights[0])
    for top, colour in zip(heights, colours, strict=True):
        area[(up >= below) & (up < top)] = _rgb(colour)
        below = top


def _draw_line(area: Pixels, up: Columns) -> None:
    """Draw a connected line, `up` pixels above the bottom in each column."""
    before = np.concatenate([up[:1], up[:-1]])
    rows = np.arange(len(area))[::-1, np.newaxis]
    is_line = (rows >= np.minimum(up, before)) & (rows <= np.maximum(up, before))
    area[is_line] = _rgb(DARK)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
