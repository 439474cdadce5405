"""The way from other threads into the dispatcher's."""

import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from ipagym.cluster.live.dispatcher import Dispatcher


class Mailbox:
    """Runs what any thread posts in the dispatcher's thread, in order, as long as the dispatcher lives."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._posted: deque[Callable[[], None]] = deque()
        self._wake, self._woken = socket.socketpair()
        self._wake.setblocking(False)
        dispatcher.watch(self._woken, self._take)

    def post(self, action: Callable[[], None]) -> None:
        """Have the dispatcher run it soon."""
        self._posted.append(action)
        with suppress(BlockingIOError):  # so many wakes are on their way already
            self._wake.send(b"!")

    def close(self) -> None:
        """Take no more; the dispatcher has ended before, and nobody posts any more."""
        self._wake.close()
        self._woken.close()

    def _take(self) -> None:
        self._woken.recv(4096)
        while self._posted:
            self._posted.popleft()()
