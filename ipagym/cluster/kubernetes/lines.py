"""Connections to the pods that are ready, made by threads so that nobody waits for them."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ipagym.cluster.kubernetes.connection import Connection, connected
from ipagym.cluster.kubernetes.pods import Pod
from ipagym.cluster.live.children.v2_server import PORT
from ipagym.cluster.sim.reference.replica import Replica

AT_ONCE = 8
"""Connections that are being made at once."""


@dataclass(slots=True, eq=False)
class Line:
    """A connection to a pod, the replica that the pod serves as, and the one whose batch it has, with its number."""

    pod: Pod
    connection: Connection
    replica: Replica | None = None
    asked: tuple[Replica, int] | None = None


class Connecting:
    """Connects to pods for as long as `is_there` says so of their names.

    `ring` is called when a connection is there, or has failed for `connection.TRIES_S`.
    """

    def __init__(self, is_there: Callable[[str], bool], ring: Callable[[], None]) -> None:
        self._is_there = is_there
        self._is_over = False
        self._ring = ring
        self._made: deque[tuple[Pod, Connection | Exception]] = deque()
        self._under_way: set[str] = set()
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ipagym-connect")

    def connect(self, pod: Pod, model: str) -> None:
        """Connect to the pod, unless that is under way."""
        if pod.name not in self._under_way:
            self._under_way.add(pod.name)
            self._threads.submit(self._connect, pod, model)

    def made(self) -> Iterable[tuple[Pod, Connection | Exception]]:
        """What has come of it since the last call."""
        while self._made:
            pod, result = self._made.popleft()
            self._under_way.discard(pod.name)
            yield pod, result

    def end(self) -> None:
        """Connect no more; what was made and nobody took is closed."""
        self._is_over = True
        self._threads.shutdown(cancel_futures=True)
        for _, result in self._made:
            if isinstance(result, Connection):
                result.close()

    def _connect(self, pod: Pod, model: str) -> None:
        try:
            is_wanted: Callable[[], bool] = lambda: not self._is_over and self._is_there(pod.name)  # noqa: E731
            self._made.append((pod, connected(pod.address, PORT, model, is_wanted)))
        except Exception as error:  # raised by the dispatcher, so that whoever waits is told
            self._made.append((pod, error))
        self._ring()
