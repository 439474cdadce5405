"""The argument in `name:argument`."""

from ipagym.system.errors import InputError


def positive(argument: str, default: float, *, name: str, what: str) -> float:
    """The number in the argument, or the default if it is empty.

    Raises:
        InputError: it is not a finite number above 0.
    """
    try:
        value = float(argument) if argument else default
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise InputError(f"{what} must be a number above 0, as in {name}:{default:g}, not {argument!r}")
    return value
