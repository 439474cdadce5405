"""The time that a simulator may be asked to let pass."""

from ipagym.system.errors import InputError


def check_span(seconds: float, now_s: float) -> None:
    """Refuse what is no time, or too little for the clock to move.

    Raises:
        InputError: seconds is not a number, not above 0, not finite, or lost in the rounding of the present time.
    """
    if not isinstance(seconds, int | float) or not 0 < seconds < float("inf"):
        raise InputError(f"seconds must be above 0 and finite, not {seconds!r}")
    if now_s + seconds == now_s:
        raise InputError(f"{seconds} seconds are too short: the clock stands at {now_s} and would not move")
