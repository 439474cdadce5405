"""One inference on its way through the pipeline."""

from dataclasses import dataclass, field
from enum import IntEnum
from math import inf, nan
from typing import Protocol

from ipagym.system.errors import InputError

MOST_IN_SYSTEM = 2**22
"""Requests that a simulated cluster holds at most, so that an overload does not take all state."""

NOT_KEPT = "requests were not kept: build the cluster with keep_requests=True"

OTHER_ENGINE = "this snapshot was taken of another engine: restore it in a cluster of that one"


def too_many() -> InputError:
    """The error of a cluster in which too many requests have piled up."""
    return InputError(
        f"more than {MOST_IN_SYSTEM:,} requests are in the system: lower the load, or let the scenario drop some "
        "(max_queue, max_age_s)"
    )


class Outcome(IntEnum):
    """The fate of a request."""

    IN_SYSTEM = 0
    COMPLETED = 1
    DROPPED = 2


class Place(Protocol):
    """A place in which a request may wait."""

    def discard(self, request: "Request") -> None:
        """Take the request out."""


@dataclass(slots=True, eq=False)
class Request:
    """A request and its record: times in seconds, one entry per stage of the pipeline (NaN where it has not been).

    `enqueued_s`, `started_s` and `finished_s` are the times at each stage; `batch_sizes` and `variants` tell how it
    was served there. `end_s` is when it was answered or dropped. `missing[s]` counts the stages before s that have not
    served it yet, `unanswered` the final stages; `places` are the queues it stands in. `spread` holds a number per
    stage from which the service time of a batch is made that it leads; `repeats` counts the services that were cut off.
    """

    index: int
    sent_s: float
    arrival_s: float
    deadline_s: float
    missing: list[int]
    unanswered: int
    spread: list[float] = field(default_factory=list, repr=False)
    repeats: list[int] = field(init=False, repr=False)
    enqueued_s: list[float] = field(init=False)
    started_s: list[float] = field(init=False)
    finished_s: list[float] = field(init=False)
    batch_sizes: list[int] = field(init=False)
    variants: list[str] = field(init=False)
    places: list[Place] = field(default_factory=list)
    accuracy: float = 1.0
    outcome: Outcome = Outcome.IN_SYSTEM
    end_s: float = inf

    def __post_init__(self) -> None:
        stages = len(self.missing)
        self.enqueued_s, self.started_s, self.finished_s = ([nan] * stages for _ in range(3))
        self.batch_sizes, self.variants, self.repeats = [0] * stages, [""] * stages, [0] * stages

    @property
    def latency_s(self) -> float:
        """From sending to the end, in seconds."""
        return self.end_s - self.sent_s

    @property
    def violated(self) -> bool:
        """Answered after its deadline, or dropped."""
        return self.outcome is Outcome.DROPPED or self.end_s > self.deadline_s
