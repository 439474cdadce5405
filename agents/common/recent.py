"""The windows of the last seconds, and the mean of a figure over them."""

from collections import deque


class Recent:
    """Values of windows, each with its length; `mean_s` looks back over the last seconds."""

    def __init__(self, longest_s: float) -> None:
        self.longest_s = longest_s
        self._values: deque[tuple[float, float, float]] = deque()

    def add(self, end_s: float, duration_s: float, value: float) -> None:
        """The value of a window that ends at `end_s`."""
        self._values.append((end_s, duration_s, value))
        while self._values[0][0] <= end_s - self.longest_s:
            self._values.popleft()

    @property
    def is_empty(self) -> bool:
        """True before the first value."""
        return not self._values

    def mean_over(self, seconds: float) -> float:
        """The mean of the windows that end within the last `seconds`, weighted by length; 0 without any."""
        if not self._values:
            return 0.0
        now_s = self._values[-1][0]
        recent = [(duration, value) for end, duration, value in self._values if end > now_s - seconds]
        return sum(d * v for d, v in recent) / sum(d for d, _ in recent)
