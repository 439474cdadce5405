"""A table of action values for the visited states."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

State = tuple[tuple[int, int, int], ...]
"""Variant, replicas and batch of each stage."""


@dataclass(frozen=True, slots=True)
class Move:
    """A step: state, action, next state, and reward."""

    state: State
    action: int
    following: State
    reward: float


class QTable:
    """Values of the actions taken so far; an action that was not taken has the value 0."""

    def __init__(self, move: Callable[[State, int], State]) -> None:
        self._move = move
        self._values: dict[State, dict[int, float]] = {}

    @property
    def states(self) -> list[State]:
        """The states in which an action was taken, in order of the first visit."""
        return list(self._values)

    def copy(self) -> "QTable":
        """A table that begins with these values."""
        twin = QTable(self._move)
        twin._values = {state: dict(values) for state, values in self._values.items()}
        return twin

    def best_action(self, state: State) -> int:
        """The action of highest value among those taken in the state; the first action if none was taken."""
        values = self._values.get(state)
        return max(values, key=values.__getitem__) if values else 0

    def value(self, state: State) -> float:
        """The highest value of an action; 0 if none was taken."""
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
