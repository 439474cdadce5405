"""The queue of a station."""

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Protocol

from ipagym.cluster.sim.request import Request


class RequestQueue(Protocol):
    """Requests waiting for a replica, in the order in which they will be served."""

    def __len__(self) -> int: ...

    def push(self, request: Request) -> None:
        """Add a request at its place."""

    def push_back(self, batch: Sequence[Request]) -> None:
        """Put a batch that was not served in front again, in its order."""

    def pop(self) -> Request:
        """Take the request that is served next."""

    def discard(self, request: Request) -> None:
        """Take out a request that waits here but was dropped elsewhere."""

    def first_in(self) -> Request:
        """The request that has waited here longest."""


class FifoQueue:
    """First in, first out."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()

    def __len__(self) -> int:
        return len(self._requests)

    def push(self, request: Request) -> None:
        """Add a request at the end."""
        self._requests.append(request)

    def push_back(self, batch: Sequence[Request]) -> None:
        """Put a batch in front again."""
        self._requests.extendleft(reversed(batch))

    def pop(self) -> Request:
        """Take the first request."""
        return self._requests.popleft()

    def discard(self, request: Request) -> None:
        """Take the request out."""
        self._requests.remove(request)

    def first_in(self) -> Request:
        """The first request."""
        return self._requests[0]


class EdfQueue:
    """Earliest deadline first, ties by arrival."""

    def __init__(self) -> None:
        self._by_deadline: list[tuple[float, int, Request]] = []
        self._by_entry = FifoQueue()

    def __len__(self) -> int:
        return len(self._by_entry)

    def push(self, request: Request) -> None:
        """Add a request by its deadline."""
        heappush(self._by_deadline, (request.deadline_s, request.index, request))
        self._by_entry.push(request)

    def push_back(self, batch: Sequence[Request]) -> None:
        """Add the batch by its deadlines; its requests count as the first that came in."""
        for request in batch:
            heappush(self._by_deadline, (request.deadline_s, request.index, request))
        self._by_entry.push_back(batch)

    def pop(self) -> Request:
        """Take the request with the earliest deadline."""
        request = heappop(self._by_deadline)[2]
        self._by_entry.discard(request)
        return request

    def discard(self, request: Request) -> None:
        """Take the request out."""
        self._by_deadline = sorted(entry for entry in self._by_deadline if entry[2] is not request)
        self._by_entry.discard(request)

    def first_in(self) -> Request:
        """The request that came in first."""
        return self._by_entry.first_in()


ORDERS: dict[str, Callable[[], RequestQueue]] = {"fifo": FifoQueue, "edf": EdfQueue}
