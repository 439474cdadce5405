"""A sheet of pixels for lines and text."""

from functools import cache
from pathlib import Path
from typing import Literal

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
"""Shape (height, width, 3)."""

Place = tuple[float, float]
"""Pixels from the left and from the top."""

DARK, PALE = "#333333", "#DDDDDD"


class Sheet:
    """A drawing, at first white or a copy of another one. Text is anchored at the given place."""

    def __init__(self, like: "tuple[int, int] | Sheet") -> None:
        self._image: Image.Image = like._image.copy() if isinstance(like, Sheet) else Image.new("RGB", like, "white")
        self._draw = ImageDraw.Draw(self._image)

    def write(self, place: Place, text: str, *, size: int, anchor: Literal["ls", "ms", "rs", "rm"] = "ls") -> None:
        """Write text of a size in pixels, with its baseline (`s`) or middle (`m`) at the place."""
        self._draw.text(place, text, fill=DARK, font=_font(size), anchor=anchor)

    def line(self, start: Place, end: Place, colour: str = DARK) -> None:
        """Draw a line, one pixel wide."""
        self._draw.line((start, end), fill=colour)

    def square(self, place: Place, side: int, colour: str) -> None:
        """Draw a square above the place."""
        self._draw.rectangle((place[0], place[1] - side, place[0] + side, place[1]), fill=colour)

    def pixels(self) -> Pixels:
        """A copy of the pixels."""
        return np.array(self._image)


def width_of(text: str, size: int) -> float:
    """The width of a text in pixels."""
    return _font(size).getlength(text)


def fitted(text: str, room: float, size: int) -> str:
    """The text, cut if it is wider than the room in pixels."""
    if width_of(text, size) <= room:
        return text
    while text and width_of(text + "…", size) > room:
        text = text[:-1]
    return text + "…"


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf"), size)
