"""A controller's own clock: controllers act every so many seconds, whatever the adaptation interval is."""

from math import floor, inf

ROUNDING = 1e-9


class Pace:
    """Due at the first moment asked about, and then every `period_s` seconds; in between it is not."""

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self._due_s = -inf

    def is_due(self, now_s: float) -> bool:
        """True where it is time to act; times that were missed are not made up for."""
        if now_s < self._due_s - ROUNDING:
            return False
        first_s = now_s if self._due_s == -inf else self._due_s
        self._due_s = first_s + self.period_s * (floor((now_s - first_s) / self.period_s + ROUNDING) + 1)
        return True
