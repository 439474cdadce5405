"""The static part of a frame: panels in rows, their axes, and the names of stages and variants."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib import colormaps
from matplotlib.colors import to_hex

from ipagym.envs.rendering.panels import Panel, pipeline_panels
from ipagym.envs.rendering.sheet import PALE, Sheet, fitted, width_of
from ipagym.envs.rendering.stage_panels import stage_panels
from ipagym.model.pipeline import Stage
from ipagym.task.scenario import Scenario

WIDTH = 960
TOP, BOTTOM = 26, 20
TITLE, PANEL, GAP = 18, 80, 14
STAGE_NAME = 20
COLUMN, LEFT, RIGHT = 192, 38, 12
"""In pixels; in its column, a panel has LEFT for its labels and an empty margin of RIGHT."""

MOST_STAGES = 12
"""Most stages in a frame."""

SMALL, MEDIUM, LARGE = 10, 11, 13
"""Sizes of text in pixels."""


@dataclass(frozen=True, slots=True)
class Box:
    """The pixels of a panel's plotting area: `left` and `top` belong to it, `right` and `bottom` do not."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """A sheet with only axes and names, and the panels with their places on it."""

    sheet: Sheet
    panels: tuple[tuple[Panel, Box], ...]


def lay_out(scenario: Scenario) -> Layout:
    """The empty frame of a scenario."""
    stages = scenario.pipeline.stages[:MOST_STAGES]
    row = TITLE + PANEL + GAP
    sheet = Sheet((WIDTH, TOP + row + len(stages) * (STAGE_NAME + row) + BOTTOM))
    sheet.write((LEFT, TOP - 8), fitted(_headline(scenario), WIDTH - 250, LARGE), size=LARGE)
    placed = _row(pipeline_panels(scenario), TOP)
    for index, stage in enumerate(stages):
        top = TOP + row + index * (STAGE_NAME + row)
        colours = _colours(len(stage.variants))
        _name_stage(sheet, stage, colours, top + STAGE_NAME - 6)
        placed += _row(stage_panels(index, scenario, colours), top + STAGE_NAME)
    for panel, box in placed:
        _draw_axes(sheet, panel, box)
    last_row = max(box.bottom for _, box in placed)
    for _, box in placed:
        if box.bottom == last_row:
            _label_time(sheet, box, scenario.windows * scenario.interval_s)
    return Layout(sheet, tuple(placed))


def _headline(scenario: Scenario) -> str:
    stages = len(scenario.pipeline.stages)
    few = f", the first {MOST_STAGES} of {stages} stages" if stages > MOST_STAGES else ""
    return f"{scenario.pipeline.name} under {scenario.workload.name}{few}"


def _row(panels: Sequence[Panel], top: int) -> list[tuple[Panel, Box]]:
    bottom = top + TITLE + PANEL
    lefts = [column * COLUMN + LEFT for column in range(len(panels))]
    boxes = [Box(left, top + TITLE, left + COLUMN - LEFT - RIGHT, bottom) for left in lefts]
    return list(zip(panels, boxes, strict=True))


def _draw_axes(sheet: Sheet, panel: Panel, box: Box) -> None:
    """Labels and pale lines at the ticks; the axes lie outside of the plotting area."""
    for tick in panel.scale.ticks:
        y = box.bottom - float(panel.scale.place(tick)) * (box.bottom - box.top)
        sheet.line((box.left, y), (box.right - 1, y), PALE)
        sheet.write((box.left - 5, y), _label(tick), size=SMALL, anchor="rm")
    sheet.line((box.left - 1, box.top), (box.left - 1, box.bottom))
    sheet.line((box.left - 1, box.bottom), (box.right, box.bottom))


def _label_time(sheet: Sheet, box: Box, end_s: float) -> None:
    y, middle = box.bottom + 14, (box.left + box.right) / 2
    sheet.write((box.left, y), "0", size=SMALL)
    sheet.write((middle, y), f"{end_s / 2:g}", size=SMALL, anchor="ms")
    sheet.write((box.right, y), f"{end_s:g} s", size=SMALL, anchor="rs")


def _label(tick: float) -> str:
    """The label of a tick: at most four digits, thousands as k."""
    return f"{tick / 1000:.3g}k" if tick >= 1000 else f"{tick:.3g}"


def _colours(number: int) -> tuple[str, ...]:
    """Colours: light for light variants, dark for accurate ones."""
    return tuple(to_hex(colormaps["viridis"](0.95 - 0.9 * i / max(1, number - 1))) for i in range(number))


def _name_stage(sheet: Sheet, stage: Stage, colours: tuple[str, ...], baseline: int) -> None:
    """The name of a stage, and those of its variants beside squares in their colours."""
    name = fitted(stage.name, 300, LARGE)
    sheet.write((LEFT, baseline), name, size=LARGE)
    left = LEFT + width_of(name, LARGE) + 14
    room = (WIDTH - RIGHT - left) / len(stage.variants)
    for short, colour in zip(_short_names(stage, room - 26), colours, strict=True):
        sheet.square((left, baseline), 8, colour)
        sheet.write((left + 12, baseline), short, size=SMALL)
        left += width_of(short, SMALL) + 26


def _short_names(stage: Stage, room: float) -> list[str]:
    """The names of the variants; if they do not fit, without the first words that they share."""
    names = [variant.name for variant in stage.variants]
    if len(names) > 1 and any(width_of(name, SMALL) > room for name in names):
        words = [name.split("-") for name in names]
        shared = next((i for i, each in enumerate(zip(*words, strict=False)) if len(set(each)) > 1), 0)
        names = ["-".join(each[shared:]) for each in words]
    return [fitted(name, room, SMALL) for name in names]
