"""The process of a data plane: `python -m ipagym.cluster.plane.server FOLDER`, with an order in the folder."""

import os
import pickle
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

from ipagym.cluster.backends import named_backend
from ipagym.cluster.live.cluster import LiveCluster
from ipagym.cluster.plane.messages import LOCK, ORDER, Greeting, Order, socket_of
from ipagym.model.window import Window
from ipagym.system.errors import IpagymError
from ipagym.system.file_lock import try_lock

CLOSE = "close"
"""The command upon which the plane ends."""

COMMANDS = ("reset", "apply", "advance", "drain")
"""The methods of the cluster that a controller may call."""


class Plane:
    """A cluster that one controller after another commands."""

    def __init__(self, cluster: LiveCluster, order: Order) -> None:
        self._cluster = cluster
        self._order = order
        self._unseen: list[Window] = []

    def attend(self, server: socket.socket) -> None:
        """Obey one controller after another, until one says close or none comes for the limit."""
        server.settimeout(self._order.orphan_limit_s)
        while True:
            try:
                stream, _ = server.accept()
            except TimeoutError:
                return
            with Connection(stream.detach()) as controller:
                if self._obey(controller):
                    return

    def _obey(self, controller: "Connection[object, tuple[str, tuple[object, ...]]]") -> bool:
        """True once the controller says close, false when it is gone."""
        is_there = _sent(controller, self._greeting())
        while is_there:
            try:
                command, arguments = controller.recv()
            except (EOFError, OSError):
                return False
            # Whoever asks for more has seen what was sent before.
            self._unseen = []
            if command == CLOSE:
                return True
            is_there = _sent(controller, self._answer(command, arguments))
        return False

    def _greeting(self) -> Greeting:
        cluster = self._cluster
        return Greeting(
            scenario_hash=cluster.scenario.digest(),
            backend=self._order.backend,
            pid=os.getpid(),
            pids=cluster.pids,
            now_s=cluster.now,
            elapsed_s=cluster.elapsed_s,
            configuration=cluster.configuration,
            unseen=tuple(self._unseen),
        )

    def _answer(self, command: str, arguments: tuple[object, ...]) -> object:
        """What the cluster says, or the error that it raises."""
        if command not in COMMANDS:
            return IpagymError(f"a data plane knows no command {command}")
        try:
            said = getattr(self._cluster, command)(*arguments)
        except IpagymError as error:
            return error
        if isinstance(said, Window):
            self._unseen = [said]
        return said


def _sent(controller: "Connection[object, tuple[str, tuple[object, ...]]]", what: object) -> bool:
    """True if the controller is there to take it."""
    try:
        controller.send(what)
    except OSError:
        return False
    return True


def main() -> None:
    """Serve as ordered, until a controller says close, none comes for too long, or a signal comes."""
    folder = Path(sys.argv[1])
    order = pickle.loads((folder / ORDER).read_bytes())  # noqa: S301 - of the process that started this one
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with (folder / LOCK).open("ab") as lock:
        if not try_lock(lock):
            sys.exit(f"{folder} has a data plane already")
        lock.truncate(0)
        lock.write(str(os.getpid()).encode())
        lock.flush()
        cluster = named_backend(order.backend).make(order.scenario)
        assert isinstance(cluster, LiveCluster), "only what is live goes on without its controller"
        with closing(cluster):
            cluster.reset(order.seed)
            with _listening(folder) as server:
                Plane(cluster, order).attend(server)


@contextmanager
def _listening(folder: Path) -> Iterator[socket.socket]:
    """A socket in the folder, which appears once it can be connected to."""
    path = Path(socket_of(folder))
    path.unlink(missing_ok=True)
    hidden = path.with_suffix(".new")
    hidden.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(hidden))
        server.listen(1)
        hidden.rename(path)
        try:
            yield server
        finally:
            path.unlink(missing_ok=True)


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
