"""What stands behind the replicas of an episode on Ray Serve."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from ipagym.cluster.live.children.framing import Message
from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.ray_serve import applications
from ipagym.cluster.ray_serve.calls import Calls
from ipagym.cluster.sim.reference.replica import Replica
from ipagym.system.errors import IpagymError

LOOK_S = 1.0
"""Seconds between two looks at whether Ray has given up to start a replica."""


def _not_ready(items: Sequence[bytes], cores: int) -> Any:
    raise AssertionError("a batch comes after the first answer")


@dataclass(slots=True, eq=False)
class Running:
    """An application, whom its messages go to, its handle once it is ordered, how batches are sent once it is ready,
    and whether it has said so.
    """

    name: str
    variant: str
    on_ready: Callable[[], None]
    on_answers: Callable[[Message], None]
    on_end: Callable[[], None]
    ordered: "Future[Any]"
    life: "Future[None] | None" = None
    serve: Callable[..., Any] = _not_ready
    is_ready: bool = False


class RayServers:
    """Starts, serves with and stops an application of Ray Serve for each replica; all in the dispatcher's thread.

    A replica is ready when it has answered a first call. One whose process ends fails the call that stays with it: its
    batch goes back to the dispatcher, and an application of another name takes its place.
    """

    def __init__(self, dispatcher: Dispatcher, errors: Path, prefix: str) -> None:
        self._errors = errors
        self._names = (f"{prefix}-{number}" for number in count())
        self._dispatcher = dispatcher
        self._calls = Calls()
        self._running: dict[Replica, Running] = {}

    @property
    def pids(self) -> tuple[int, ...]:
        """None: the processes are Ray's, and may be on other machines."""
        return ()

    @property
    def is_in_place(self) -> bool:
        """The cores come with each batch."""
        return True

    @property
    def hindrance(self) -> str:
        """What keeps replicas from starting."""
        return "the machines are overloaded, or have no room"

    def start(
        self,
        replica: Replica,
        told: Mapping[str, Any],
        *,
        on_ready: Callable[[], None],
        on_answers: Callable[[Message], None],
        on_end: Callable[[], None],
    ) -> None:
        """Order the replica's application. `on_end` is called if its process ends without being told to."""
        model, name = told["model"], next(self._names)
        cpus = replica.cores * float(model.get("core_share", 0.0))
        ordered = self._calls.order(lambda: applications.run(name, model, cpus))
        running = Running(name, replica.variant.name, on_ready, on_answers, on_end, ordered)
        self._running[replica] = running
        running.life = self._calls.begin(self._live(replica, running))

    def serve(self, replica: Replica, items: Sequence[bytes]) -> None:
        """Send the replica the batch of its service number."""
        running = self._running[replica]
        self._calls.begin(self._serve(replica, running, Message(replica.service, replica.cores, items)))

    def stop(self, replica: Replica) -> None:
        """Let the replica's application end, if it has one."""
        running = self._running.pop(replica, None)
        if running is not None:
            self._let_go(running)

    def end_all(self) -> None:
        """End every application, as far as orders go, and all threads; the dispatcher has ended before."""
        while self._running:
            self.stop(next(iter(self._running)))
        self._calls.close()

    async def _live(self, replica: Replica, running: Running) -> None:
        """Wait for the replica to be ready, then for its end."""
        try:
            handle = await asyncio.wrap_future(running.ordered)
            await self._first_answer(handle, running.name)
            running.serve = handle.serve.remote  # once: to look a method up takes a millisecond
            self._dispatcher.post(lambda: self._became_ready(replica, running))
            await handle.stay.remote()
        except Exception as error:  # of whatever kind: Ray's, or what the model raises
            self._tell_end(replica, running, error)

    async def _first_answer(self, handle: Any, name: str) -> None:
        asked = asyncio.ensure_future(_answer(handle.check.remote()))
        while not (await asyncio.wait({asked}, timeout=LOOK_S))[0]:
            reason = await asyncio.wrap_future(self._calls.order(lambda: applications.failure(name)))
            if reason is not None:
                asked.cancel()
                raise IpagymError(reason)
        await asked

    async def _serve(self, replica: Replica, running: Running, batch: Message) -> None:
        try:
            seconds, answers = await running.serve(list(batch.items), int(batch.value))
        except Exception as error:  # of whatever kind: Ray's, or what the model raises
            self._tell_end(replica, running, error)
        else:
            self._dispatcher.post(lambda: running.on_answers(Message(batch.number, seconds, answers)))

    def _tell_end(self, replica: Replica, running: Running, error: Exception) -> None:
        reason = _last_line(str(error)) or type(error).__name__
        self._dispatcher.post(lambda: self._ended(replica, running, reason))

    def _became_ready(self, replica: Replica, running: Running) -> None:
        if self._running.get(replica) is running:
            running.is_ready = True
            running.on_ready()

    def _ended(self, replica: Replica, running: Running, reason: str) -> None:
        """The replica ended, or failed, though nobody told it to end; of its calls the first that says so counts."""
        if self._running.get(replica) is not running:
            return
        if not running.is_ready:
            raise IpagymError(f"a replica of {running.variant} cannot be started: {reason}")
        with self._errors.open("a", encoding="utf-8") as said:
            said.write(f"{running.variant}: {reason}\n")
        del self._running[replica]
        self._let_go(running)
        running.on_end()

    def _let_go(self, running: Running) -> None:
        assert running.life is not None, "what was started has a life"
        running.life.cancel()
        self._calls.order(lambda: _delete(running)).add_done_callback(self._done)

    def _done(self, order: "Future[Any]") -> None:
        """An order is done: where it failed, the episode ends with its error."""
        error = order.exception()
        if error is not None:
            self._dispatcher.post(lambda: _give_up(error))


def _give_up(error: BaseException) -> None:
    raise IpagymError(f"Ray Serve takes no orders: {_last_line(str(error))}") from error


def _delete(running: Running) -> None:
    if not running.ordered.cancelled():
        applications.delete(running.name, running.ordered.result())


async def _answer(response: Any) -> Any:
    return await response


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
