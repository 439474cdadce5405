"""A table of action values, kept for the states that were met."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

State = tuple[tuple[int, int, int], ...]
"""Variant, replicas and batch of each stage."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step: from where, what was done, where it led, and what that was worth."""

    state: State
    action: int
    following: State
    reward: float


class QTable:
    """Values of the actions taken so far; one not taken yet counts as nothing is known about it: 0."""

    def __init__(self, move: Callable[[State, int], State]) -> None:
        self._move = move
        self._values: dict[State, dict[int, float]] = {}

    @property
    def states(self) -> list[State]:
        """Those that an action was taken from, in the order in which they were met."""
        return list(self._values)

    def copy(self) -> "QTable":
        """A table that begins with these values."""
        twin = QTable(self._move)
        twin._values = {state: dict(values) for state, values in self._values.items()}
        return twin

    def best_action(self, state: State) -> int:
        """The action of highest value among those taken from the state; the first action where none was."""
        values = self._values.get(state)
        return max(values, key=values.__getitem__) if values else 0

    def value(self, state: State) -> float:
        """The highest value of an action; 0 where nothing is known."""
        values = self._values.get(state)
        return max(values.values()) if values else 0.0

    def update(self, move: Move, learning_rate: float, discount: float) -> None:
        """Q(s, a) += rate·(r + discount·max Q(s', ·) − Q(s, a)); the first value of an action is its target."""
        values = self._values.setdefault(move.state, {})
        target = move.reward + discount * self.value(move.following)
        before = values.get(move.action, target)
        values[move.action] = before + learning_rate * (target - before)

    def way(self, start: State, steps: int) -> Iterator[State]:
        """The states that the best actions lead through, until one is unknown."""
        state = start
        for _ in range(steps):
            if state not in self._values:
                return
            state = self._move(state, self.best_action(state))
            yield state
