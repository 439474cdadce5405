"""The processes behind the replicas of a cluster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ipagym.cluster.live.children.framing import READY, Inbox, Message
from ipagym.cluster.live.children.replica import RECEIVED_AT_ONCE
from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.live.process import Child, last_words, spawn
from ipagym.cluster.sim.reference.clock import Priority
from ipagym.cluster.sim.reference.replica import Replica
from ipagym.system.errors import IpagymError

LOOK_S = 0.05
"""Seconds between two looks at processes that were told to end."""

LOOKS = 40
"""Looks after which such a process is killed."""

MOST_FAILURES = 3
"""Starts of one replica that may fail in a row."""


@dataclass(slots=True, eq=False)
class Running:
    """A process, whom its messages go to, and whether it has said that it is ready."""

    child: Child
    on_ready: Callable[[], None]
    on_answers: Callable[[Message], None]
    on_end: Callable[[], None]
    inbox: Inbox = field(default_factory=Inbox)
    is_ready: bool = False


class Replicas:
    """Starts, serves with and stops the process of each replica; all in the dispatcher's thread."""

    def __init__(self, dispatcher: Dispatcher, errors: Path) -> None:
        self._dispatcher = dispatcher
        self._errors = errors
        self._running: dict[Replica, Running] = {}
        self._leaving: list[tuple[Child, int]] = []
        self._failures: dict[Replica, int] = {}

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes of replicas, but for those that were told to end."""
        return tuple(running.child.pid for running in self._running.values())

    @property
    def is_in_place(self) -> bool:
        """A process is told its cores with each batch."""
        return True

    @property
    def hindrance(self) -> str:
        """What keeps processes from starting."""
        return "the machine is overloaded"

    def start(
        self,
        replica: Replica,
        told: Mapping[str, Any],
        *,
        on_ready: Callable[[], None],
        on_answers: Callable[[Message], None],
        on_end: Callable[[], None],
    ) -> None:
        """Start the replica's process, told what its model is. `on_end` is called if it ends without being told to."""
        running = Running(spawn("replica", told, self._errors), on_ready, on_answers, on_end)
        self._running[replica] = running
        self._dispatcher.watch(running.child.stream, lambda: self._receive(replica, running))

    def serve(self, replica: Replica, items: Sequence[bytes]) -> None:
        """Send the replica the batch of its service number."""
        message = Message(replica.service, replica.cores, items).packed()
        try:
            self._running[replica].child.stream.sendall(message)
        except OSError:  # it has just ended: the end of its stream is yet to be read, and the batch goes back then
            return

    def stop(self, replica: Replica) -> None:
        """Let the replica's process end, if it has one."""
        running = self._running.pop(replica, None)
        self._failures.pop(replica, None)
        if running is not None:
            self._let_go(running.child)

    def end_all(self) -> None:
        """End every process, and wait for that; the dispatcher has ended before."""
        children = [running.child for running in self._running.values()]
        for child in children:
            child.hang_up()
        for child in (*children, *(child for child, _ in self._leaving)):
            child.end()
        self._running, self._leaving = {}, []

    def _receive(self, replica: Replica, running: Running) -> None:
        try:
            received = running.child.stream.recv(RECEIVED_AT_ONCE)
        except ConnectionResetError:
            received = b""
        if not received:
            self._ended(replica, running)
            return
        for message in running.inbox.take(received):
            if message.number != READY:
                running.on_answers(message)
            else:
                running.is_ready = True
                self._failures.pop(replica, None)
                running.on_ready()

    def _ended(self, replica: Replica, running: Running) -> None:
        """The process ended though nobody told it to."""
        self._running.pop(replica)
        self._let_go(running.child)
        if not running.is_ready:
            self._failures[replica] = self._failures.get(replica, 0) + 1
            if self._failures[replica] == MOST_FAILURES:
                variant = replica.variant.name
                raise IpagymError(f"a replica of {variant} cannot be started: {last_words(self._errors)}")
        running.on_end()

    def _let_go(self, child: Child) -> None:
        self._dispatcher.forget(child.stream)
        child.hang_up()
        if not self._leaving:
            self._look_later()
        self._leaving.append((child, 0))

    def _look_later(self) -> None:
        clock = self._dispatcher.clock
        clock.at(clock.now + LOOK_S, Priority.TIMER, self._look)

    def _look(self) -> None:
        """Collect the processes that have ended, kill those that take too long."""
        staying = []
        for child, looks in self._leaving:
            if child.process.poll() is None:
                if looks == LOOKS:
                    child.process.kill()
                staying.append((child, looks + 1))
        self._leaving = staying
        if staying:
            self._look_later()


class Processes:
    """The platform of replicas that are processes on this machine."""

    def open(self) -> None:
        """Nothing is needed."""

    def servers(self, dispatcher: Dispatcher, errors: Path) -> Replicas:
        """The processes of a new episode, which write what goes wrong into the file `errors`."""
        return Replicas(dispatcher, errors)

    def close(self) -> None:
        """Nothing is left: processes end with their episode."""
