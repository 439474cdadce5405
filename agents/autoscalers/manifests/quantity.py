"""Quantities of Kubernetes: `500m`, `2`, `1k`, `1e3`, `50Mi`.

Source: kubernetes/apimachinery, `pkg/api/resource/quantity.go`: a signed decimal number, then an exponent or a suffix.
The smallest quantity above 0 is a billionth.
"""

from re import compile as pattern
from typing import Annotated

from pydantic import AfterValidator

QUANTITY = pattern(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?"
)
SUFFIXES = dict(zip("n u m k M G T P E".split(), (1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9, 1e12, 1e15, 1e18), strict=True))
BINARY = dict(zip("Ki Mi Gi Ti Pi Ei".split(), (2.0 ** (10 * power) for power in range(1, 7)), strict=True))
NANO = 1e-9


def quantity(text: str | int | float) -> float:
    """A quantity as a number.

    Raises:
        ValueError: the text is not a quantity.
    """
    found = QUANTITY.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{str(text)[:60]!r} is not a quantity such as 500m, 2 or 1k")
    number, exponent, suffix = found.groups()
    value = float(number + (exponent or "")) * (SUFFIXES | BINARY).get(suffix, 1.0)
    if value == float("inf"):
        raise ValueError("a quantity must be finite")
    return value if not value or abs(value) >= NANO else NANO * (1 if value > 0 else -1)


def target(text: str | int | float) -> float:
    """A quantity above 0.

    Raises:
        ValueError: the text is not a quantity, or it is 0 or less.
    """
    value = quantity(text)
    if value <= 0:
        raise ValueError(f"a target must be above 0, not {value:g}")
    return value


def tolerance(text: str | int | float) -> float:
    """A share, 0 or more.

    Raises:
        ValueError: the text is not a number, or it is below 0.
    """
    try:
        value = quantity(text)
    except ValueError:
        raise ValueError(f"{str(text)[:60]!r} is not a number: write 5 % as 0.05") from None
    if value < 0:
        raise ValueError(f"a tolerance must be 0 or more, as in 0.05, not {value:g}")
    return value


Quantity = Annotated[str | int | float, AfterValidator(quantity)]
TargetQuantity = Annotated[str | int | float, AfterValidator(target)]
ToleranceQuantity = Annotated[str | int | float, AfterValidator(tolerance)]
"""Types of schema fields: values are checked on validation and are numbers afterwards."""
