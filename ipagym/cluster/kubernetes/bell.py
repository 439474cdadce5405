"""A bell that other threads ring and the dispatcher hears."""

import socket
from collections.abc import Callable
from contextlib import suppress

from ipagym.cluster.live.dispatcher import Dispatcher


class Bell:
    """Has the dispatcher's thread call `hear` some time after each ring; several rings may be heard as one."""

    def __init__(self, dispatcher: Dispatcher, hear: Callable[[], None]) -> None:
        self._hear = hear
        self._rope, self._sound = socket.socketpair()
        self._rope.setblocking(False)
        self._sound.setblocking(False)
        dispatcher.watch(self._sound, self._heard)

    def ring(self) -> None:
        """Ring; after `close` nobody hears."""
        with suppress(OSError):  # it rings already, or nobody hears it any more
            self._rope.send(b"!")

    def close(self) -> None:
        """Take the bell away; the dispatcher has ended before."""
        self._rope.close()
        self._sound.close()

    def _heard(self) -> None:
        self._sound.recv(4096)
        self._hear()
