"""The central queue of a stage."""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from ipagym.cluster.sim.request import Request


class RequestQueue(Protocol):
    """Requests waiting for a replica, in the order in which they will be served."""

    def __len__(self) -> int: ...

    def push(self, request: Request) -> None:
        """Add a request at its place."""

    def pop(self) -> Request:
        """Take the request that is served next."""

    def oldest_enqueued_s(self) -> float:
        """When the longest-waiting request entered this queue."""


class FifoQueue:
    """First in, first out."""

    def __init__(self) -> None:
        self._requests: deque[Request] = deque()

    def __len__(self) -> int:
        return len(self._requests)

    def push(self, request: Request) -> None:
        """Add a request at the end."""
        self._requests.append(request)

    def pop(self) -> Request:
        """Take the first request."""
        return self._requests.popleft()

    def oldest_enqueued_s(self) -> float:
        """When the first request entered this queue."""
        return self._requests[0].enqueued_s[-1]


class EdfQueue:
    """Earliest deadline first, ties by arrival."""

    def __init__(self) -> None:
        self._by_deadline: list[tuple[float, int, Request]] = []
        self._by_entry: deque[Request] = deque()
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._by_deadline)

    def push(self, request: Request) -> None:
        """Add a request by its deadline."""
        heappush(self._by_deadline, (request.deadline_s, request.index, request))
        self._by_entry.append(request)

    def pop(self) -> Request:
        """Take the request with the earliest deadline."""
        request = heappop(self._by_deadline)[2]
        self._gone.add(request.index)
        while self._by_entry and self._by_entry[0].index in self._gone:
            self._gone.remove(self._by_entry.popleft().index)
        return request

    def oldest_enqueued_s(self) -> float:
        """When the longest-waiting request entered this queue."""
        return self._by_entry[0].enqueued_s[-1]


ORDERS: dict[str, Callable[[], RequestQueue]] = {"fifo": FifoQueue, "edf": EdfQueue}
