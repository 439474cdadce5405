"""One server of one variant."""

from dataclasses import dataclass, field
from enum import IntEnum

from ipagym.cluster.sim.request import Request
from ipagym.pipeline import Variant


class State(IntEnum):
    """The life of a replica: pending → starting → ready → draining → gone."""

    PENDING = 0
    STARTING = 1
    READY = 2
    DRAINING = 3
    GONE = 4


@dataclass(slots=True, eq=False)
class Replica:
    """A replica serves one batch at a time. `index` is its order of creation within its stage."""

    index: int
    variant: Variant
    state: State = State.PENDING
    node: int = -1
    idle_since_s: float = 0.0
    batch: list[Request] = field(default_factory=list)

    @property
    def is_busy(self) -> bool:
        """Serving a batch now."""
        return bool(self.batch)

    @property
    def holds_cores(self) -> bool:
        """Placed on a node and not gone."""
        return self.state in (State.STARTING, State.READY, State.DRAINING)
