"""The validations of a run."""

from dataclasses import dataclass, field

COLUMNS = 3
"""Steps, mean reward in validation, and that of the best so far."""


@dataclass(slots=True)
class Curve:
    """The validations of a run: rows of steps, mean reward and the best reward so far."""

    rows: list[tuple[float, float, float]] = field(default_factory=list)

    def add(self, steps: int, reward: float) -> bool:
        """Add a validation; true if it is better than all before it."""
        is_best = not self.rows or reward > self.rows[-1][2]
        self.rows.append((float(steps), reward, reward if is_best else self.rows[-1][2]))
        return is_best

    def since_best(self) -> int:
        """Validations since the best one."""
        rewards = [reward for _, reward, _ in self.rows]
        return len(rewards) - 1 - rewards.index(max(rewards)) if rewards else 0

    def reaches(self, steps: int) -> bool:
        """True if the validation after that number of steps is recorded."""
        return bool(self.rows) and self.rows[-1][0] >= steps
