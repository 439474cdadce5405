"""Messages on a stream between the dispatcher and one replica."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from struct import Struct

HEAD = Struct("=IQd")
SIZE = Struct("=I")

READY = 0
"""The number of the message by which a replica says that it can serve; batches are numbered from 1."""


@dataclass(frozen=True, slots=True)
class Message:
    """One batch on its way to a replica, or its answers.

    `value` is the cores that the replica has, and of answers the seconds that they took. `items` has an entry for each
    request of the batch.
    """

    number: int
    value: float
    items: Sequence[bytes] = ()

    def packed(self) -> bytes:
        """The message as bytes."""
        body = b"".join(SIZE.pack(len(item)) + item for item in self.items)
        return HEAD.pack(len(body), self.number, self.value) + body


@dataclass(slots=True)
class Inbox:
    """The bytes that came so far and make no whole message yet."""

    _bytes: bytearray = field(default_factory=bytearray)

    def take(self, received: bytes) -> Iterator[Message]:
        """The messages that are whole with what was received."""
        self._bytes += received
        while len(self._bytes) >= HEAD.size:
            size, number, value = HEAD.unpack_from(self._bytes)
            if len(self._bytes) < HEAD.size + size:
                return
            items = tuple(_items(bytes(self._bytes[HEAD.size : HEAD.size + size])))
            del self._bytes[: HEAD.size + size]
            yield Message(number, value, items)


def _items(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        (size,) = SIZE.unpack_from(body, at)
        at += SIZE.size
        yield body[at : at + size]
        at += size
