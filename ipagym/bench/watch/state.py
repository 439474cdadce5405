"""The state of a run at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass

RECENT = 20
"""Number of finished pieces of work from which the remaining time is estimated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """An agent or a learner: `figures` are texts under the part's headings, `course` a figure over time, oldest first.

    `failed` has the reason of a failure.
    """

    name: str
    done: int
    total: int
    figures: tuple[str, ...] = ()
    course: Sequence[float] = ()
    failed: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A comparison, or a training."""

    title: str
    done: int
    total: int
    is_finished: bool
    headings: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """A run: its parts in order, the unit of progress, and the estimated seconds left."""

    title: str
    unit: str
    parts: tuple[Part, ...]
    left_s: float | None

    @property
    def done(self) -> int:
        """Of all parts."""
        return sum(part.done for part in self.parts)

    @property
    def total(self) -> int:
        """Of all parts."""
        return sum(part.total for part in self.parts)

    @property
    def is_finished(self) -> bool:
        """True when all parts are."""
        return all(part.is_finished for part in self.parts)

    @property
    def current(self) -> Part:
        """The first part that has begun and is not finished, otherwise the last one that has begun."""
        begun = [part for part in self.parts if part.lines] or list(self.parts)
        return next((part for part in begun if not part.is_finished), begun[-1])


def time_left_s(finished_at_s: Sequence[float], left: int, now_s: float) -> float | None:
    """Estimated seconds left at the rate of the last pieces; None before two are finished."""
    last = sorted(finished_at_s)[-RECENT:]
    if left == 0:
        return 0.0
    return (now_s - last[0]) / (len(last) - 1) * left if len(last) > 1 else None
