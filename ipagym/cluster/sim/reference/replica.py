"""One server of one variant."""

from dataclasses import dataclass, field
from enum import IntEnum

from ipagym.cluster.sim.request import Request
from ipagym.model.pipeline import Variant


class State(IntEnum):
    """The life of a replica: pending → starting → ready → draining → gone; a crash takes it back to starting."""

    PENDING = 0
    STARTING = 1
    READY = 2
    DRAINING = 3
    GONE = 4


@dataclass(slots=True, eq=False)
class Replica:
    """A replica serves one batch at a time. `index` is its order of creation within its station.

    `start` counts its starts and `service` its batches, so that an event of an earlier one is known to be stale.
    `is_watched` says that it will be seen to whether it has idled for long enough to sleep. `fails` is the random
    number that decides whether its present start fails.
    """

    index: int
    variant: Variant
    cores: int
    state: State = State.PENDING
    node: int = -1
    idle_since_s: float = 0.0
    start: int = 0
    service: int = 0
    is_watched: bool = False
    fails: float = 1.0
    batch: list[Request] = field(default_factory=list)

    @property
    def is_busy(self) -> bool:
        """Serving a batch now."""
        return bool(self.batch)
