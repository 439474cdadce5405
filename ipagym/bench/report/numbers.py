"""Numbers as they stand in the page: few digits, and null where there is none."""

from collections.abc import Iterable
from math import isfinite

DIGITS = 4
"""Significant digits; no figure of the page shows more."""

Number = int | float | None


def short(value: float | None) -> Number:
    """The value to `DIGITS` significant digits, whole where it is; None for what is no finite number."""
    if value is None or not isfinite(value):
        return None
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() else rounded


def shorts(values: Iterable[float | None]) -> list[Number]:
    """`short` of each."""
    return [short(value) for value in values]
