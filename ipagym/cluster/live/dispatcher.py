"""The thread in which everything of a live cluster happens: one event at a time, as in the reference engine."""

import select
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from ipagym.cluster.live.clock import LiveClock
from ipagym.system.errors import IpagymError

Result = TypeVar("Result")

SWITCH_S = 0.0005
"""Seconds that another thread may compute before this one gets its turn: an agent that decides holds no request up."""

CLOSED = "the cluster is closed"


class Dispatcher:
    """Runs timers of `clock`, handlers of streams, and what other threads ask for.

    Where anything of these raises, the thread ends, and whoever waits or asks later gets that error.
    """

    def __init__(self) -> None:
        self.clock = LiveClock()
        self._streams: dict[int, Callable[[], None]] = {}
        self._poll = select.epoll()
        self._asked: deque[Callable[[], None]] = deque()
        self._waiting: set[Future[Any]] = set()
        self._error: BaseException | None = None
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        self._woken.setblocking(False)
        self._is_open = True
        self.watch(self._woken, self._take_wakes)
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(min(self._switch_s, SWITCH_S))
        self._thread = threading.Thread(target=self._run, name="ipagym-dispatcher", daemon=True)
        self._thread.start()

    def watch(self, stream: socket.socket, handler: Callable[[], None]) -> None:
        """Call the handler whenever the stream has something to read, or has ended."""
        self._streams[stream.fileno()] = handler
        self._poll.register(stream.fileno(), select.EPOLLIN)

    def forget(self, stream: socket.socket) -> None:
        """Watch the stream, which is still open, no more."""
        self._poll.unregister(stream.fileno())
        del self._streams[stream.fileno()]

    def post(self, action: Callable[[], None]) -> None:
        """Have the thread run the action soon, after those that were posted before; nobody does once it has ended."""
        self._asked.append(action)
        with suppress(OSError):  # so many wakes are on their way already, or the thread has ended
            self._wake.send(b"!")

    def begin(self, action: Callable[["Future[Result]"], None]) -> "Future[Result]":
        """Have the thread run the action, which completes the future at once or later."""
        future: Future[Result] = Future()
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        self.post(lambda: action(future))
        if self._error is not None:
            self._tell_all(self._error)
        elif not self._is_open:
            self._tell_all(IpagymError(CLOSED))
        return future

    def run(self, action: Callable[[], Result]) -> Result:
        """What the action returns, run in the thread.

        Raises:
            IpagymError: the thread has ended.
        """

        def complete(future: "Future[Result]") -> None:
            future.set_result(action())

        return self.begin(complete).result()

    def close(self) -> None:
        """End the thread; whoever waits for it is told so."""
        self._is_open = False
        self.post(lambda: None)
        self._thread.join()
        self._tell_all(IpagymError(CLOSED))
        sys.setswitchinterval(self._switch_s)
        self._poll.close()
        self._wake.close()
        self._woken.close()

    def _run(self) -> None:
        try:
            while self._is_open:
                self._turn()
        except BaseException as error:  # whoever waits is told, in its own thread
            self._error = error
            self._tell_all(error)

    def _turn(self) -> None:
        # Polling takes whole milliseconds only; to select on the poll itself goes by microseconds.
        ready, _, _ = select.select([self._poll], [], [], self.clock.rest_s())
        self.clock.read()
        for number, _ in self._poll.poll(0) if ready else ():
            if number in self._streams:  # a handler before may have forgotten it
                self._streams[number]()
        while self._asked:
            self._asked.popleft()()
        self.clock.fire()

    def _take_wakes(self) -> None:
        self._woken.recv(4096)

    def _tell_all(self, error: BaseException) -> None:
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(error)
