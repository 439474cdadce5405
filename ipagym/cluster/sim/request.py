"""One inference on its way through the pipeline."""

from dataclasses import dataclass, field
from enum import IntEnum


class Outcome(IntEnum):
    """What became of a request."""

    IN_SYSTEM = 0
    COMPLETED = 1
    DROPPED = 2


@dataclass(slots=True, eq=False)
class Request:
    """A request and its record: times in seconds, one entry per stage reached.

    `enqueued_s`, `started_s` and `finished_s` are the times at each stage; `batch_sizes` and `variants` tell how it
    was served there. `end_s` is when it was answered or dropped.
    """

    index: int
    sent_s: float
    arrival_s: float
    deadline_s: float
    enqueued_s: list[float] = field(default_factory=list)
    started_s: list[float] = field(default_factory=list)
    finished_s: list[float] = field(default_factory=list)
    batch_sizes: list[int] = field(default_factory=list)
    variants: list[str] = field(default_factory=list)
    accuracy: float = 1.0
    outcome: Outcome = Outcome.IN_SYSTEM
    end_s: float = float("inf")

    @property
    def latency_s(self) -> float:
        """From sending to the end, in seconds."""
        return self.end_s - self.sent_s

    @property
    def violated(self) -> bool:
        """Answered after its deadline, or dropped."""
        return self.outcome is Outcome.DROPPED or self.end_s > self.deadline_s
