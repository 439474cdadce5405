"""Numbers for the page: few digits, and null for missing ones."""

from collections.abc import Iterable
from math import isfinite

DIGITS = 4
"""Significant digits; no figure of the page shows more."""

Number = int | float | None


def short(value: float | None) -> Number:
    """The value to `DIGITS` significant digits, as an integer if it is whole; None if it is not finite."""
    if value is None or not isfinite(value):
        return None
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def shorts(values: Iterable[float | None]) -> list[Number]:
    """`short` of each."""
    return [short(value) for value in values]
