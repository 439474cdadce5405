"""Time integrals of quantities that change in steps."""


class Meter:
    """Integrates a level over time between two readings."""

    def __init__(self) -> None:
        self.level = 0.0
        self._since_s = 0.0
        self._total = 0.0

    def change(self, by: float, now_s: float) -> None:
        """The level rises by `by` at `now_s`."""
        self._total += self.level * (now_s - self._since_s)
        self._since_s = now_s
        self.level += by

    def read(self, now_s: float) -> float:
        """The integral since the last reading; the next one starts here."""
        self.change(0.0, now_s)
        total, self._total = self._total, 0.0
        return total
