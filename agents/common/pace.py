"""A controller's own clock: controllers act at fixed periods, independent of the adaptation interval."""

from math import floor, inf

ROUNDING = 1e-9


class Pace:
    """Due at the first call, and then every `period_s` seconds."""

    def __init__(self, period_s: float) -> None:
        self.period_s = period_s
        self._due_s = -inf

    def is_due(self, now_s: float) -> bool:
        """True if it is time to act; missed times are skipped."""
        if now_s < self._due_s - ROUNDING:
            return False
        first_s = now_s if self._due_s == -inf else self._due_s
        self._due_s = first_s + self.period_s * (floor((now_s - first_s) / self.period_s + ROUNDING) + 1)
        return True
