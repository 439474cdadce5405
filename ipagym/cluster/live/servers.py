"""The seam between the dispatcher and where models run: what stands behind the replicas of a live cluster."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ipagym.cluster.live.children.framing import Message
from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.sim.reference.replica import Replica


class Servers(Protocol):
    """Starts, serves with and stops what is behind each replica of an episode; all in the dispatcher's thread."""

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of those processes of replicas that are children of this one."""

    @property
    def is_in_place(self) -> bool:
        """Cores can change without a new replica."""

    @property
    def hindrance(self) -> str:
        """What keeps replicas from starting, for people."""

    def start(
        self,
        replica: Replica,
        told: Mapping[str, Any],
        *,
        on_ready: Callable[[], None],
        on_answers: Callable[[Message], None],
        on_end: Callable[[], None],
    ) -> None:
        """Start what serves for the replica of the stage `told["stage"]`: `told["model"]`, a `Model`.

        `on_ready` is called once it can serve, `on_answers` with the answers to each batch, and `on_end` if it ends
        without being told to.
        """

    def serve(self, replica: Replica, items: Sequence[bytes]) -> None:
        """Have the batch of the replica's service number served, on the replica's cores."""

    def stop(self, replica: Replica) -> None:
        """Let what serves for the replica end, if there is any."""

    def end_all(self) -> None:
        """End everything, and wait for that; the dispatcher has ended before."""


class Platform(Protocol):
    """Where replicas run."""

    def open(self) -> None:
        """Be ready for an episode; a platform that is open stays so.

        Raises:
            InputError: what it needs is not installed, or does not answer.
        """

    def servers(self, dispatcher: Dispatcher, errors: Path) -> Servers:
        """What stands behind the replicas of a new episode; what goes wrong there is added to the file `errors`."""

    def close(self) -> None:
        """End what `open` started; closing twice is allowed."""
