"""What runs the servers of replicas: the seam between a live cluster and processes, pods, or what else serves."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from ipagym.cluster.live.children.framing import Message
from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.sim.reference.replica import Replica


class Hosting(Protocol):
    """Starts, serves with and stops what is behind each replica; all in the dispatcher's thread but for `end_all`."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes of replicas, as far as they run on this machine."""

    @property
    def is_in_place(self) -> bool:
        """Cores can change without a new replica."""

    @property
    def hindrance(self) -> str:
        """What keeps replicas from starting, for people."""

    def start(
        self,
        replica: Replica,
        told: dict[str, Any],
        *,
        on_ready: Callable[[], None],
        on_answers: Callable[[Message], None],
        on_end: Callable[[], None],
    ) -> None:
        """Have the replica started, told its stage and its model. `on_end` is called if it ends unasked."""

    def serve(self, replica: Replica, items: Sequence[bytes]) -> None:
        """Send the replica the batch of its service number."""

    def stop(self, replica: Replica) -> None:
        """The replica, which has no batch, is needed no more."""

    def end_all(self) -> None:
        """End everything, and wait for that; the dispatcher has ended before."""


MakeHosting = Callable[[Dispatcher, Path], Hosting]
"""Hosting for one episode; what goes wrong is written into the file."""
