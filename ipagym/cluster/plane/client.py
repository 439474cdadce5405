"""A data plane as its controller sees it: a cluster."""

import os
import pickle
import signal
import socket
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ipagym.cluster.live.process import last_words
from ipagym.cluster.plane.messages import LOCK, ORDER, Greeting, Order, socket_of
from ipagym.cluster.plane.server import CLOSE
from ipagym.model.configuration import Configuration
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError, IpagymError
from ipagym.system.file_lock import try_lock, unlock
from ipagym.system.files import write_atomically
from ipagym.task.scenario import Scenario

START_S = 90.0
"""Seconds that a plane may take to have its replicas ready."""

GREETING_S = 5.0
"""Seconds until a plane greets; one that has a controller does not."""

END_S = 30.0
"""Seconds that a plane may take to end its processes."""

LOOK_S = 0.02

LOG = "plane.log"
"""The file in the folder with what the plane and its replicas say."""


class PlaneCluster:
    """The cluster behind a data plane. `close` ends the plane; a process that just ends leaves it running.

    `unseen` are windows that were closed for a controller which did not live to take them.
    """

    def __init__(self, scenario: Scenario, stream: "Connection[Any, Any]", greeting: Greeting, folder: Path) -> None:
        self.scenario = scenario
        self.unseen: Sequence[Window] = greeting.unseen
        self.configuration = greeting.configuration
        self.pids = greeting.pids
        self._pid = greeting.pid
        self._stream = stream
        self._folder = folder
        self._now_s = greeting.now_s
        self._begun_s = time.monotonic() - greeting.elapsed_s

    @property
    def now(self) -> float:
        """Seconds from the last reset to the end of the last window."""
        return self._now_s

    @property
    def elapsed_s(self) -> float:
        """Seconds that have really passed since the last reset."""
        return time.monotonic() - self._begun_s

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline that is served."""
        return self.scenario.pipeline

    def reset(self, seed: int) -> None:
        """End what runs and start the initial configuration and the load anew."""
        self._ask("reset", seed)
        self._now_s, self._begun_s, self.configuration = 0.0, time.monotonic(), self.scenario.initial

    def apply(self, configuration: Configuration) -> None:
        """Start moving to `configuration`.

        Raises:
            InputError: the configuration is outside the pipeline or the limits.
        """
        self._ask("apply", configuration)
        self.configuration = configuration

    def advance(self, seconds: float) -> Window:
        """Wait until `seconds` have passed since the end of the last window, and report them."""
        return self._window("advance", seconds)

    def drain(self, limit_s: float) -> Window:
        """Take no more load, answer what is in the system within the limit; the window since the last one."""
        return self._window("drain", limit_s)

    def overdue(self, interval_s: float) -> Iterator[Window]:
        """Windows of a former controller that nobody has seen, then those that are over since."""
        yield from self.unseen
        while self.now + interval_s <= self.elapsed_s:
            yield self.advance(interval_s)

    def close(self) -> None:
        """End the plane, and all that it runs."""
        if self._stream.closed:
            return
        with suppress(OSError):  # it may have ended already
            self._stream.send((CLOSE, ()))
        self._stream.close()
        until = time.monotonic() + END_S
        while runs(self._folder) and time.monotonic() < until:
            time.sleep(LOOK_S)
        with suppress(ChildProcessError):  # an adopted one is a child of nobody here
            os.waitpid(self._pid, os.WNOHANG)

    def _window(self, command: str, seconds: float) -> Window:
        window: Window = self._ask(command, seconds)
        self._now_s = window.end_s
        return window

    def _ask(self, command: str, *arguments: object) -> Any:
        try:
            self._stream.send((command, arguments))
            said = self._stream.recv()
        except (EOFError, OSError):
            raise IpagymError(
                f"the data plane has ended: {last_words(self._folder / LOG) or 'it was killed'}"
            ) from None
        if isinstance(said, IpagymError):
            raise said
        return said


def runs(folder: Path) -> bool:
    """True while the folder's data plane runs."""
    if not (folder / LOCK).is_file():
        return False
    with (folder / LOCK).open("rb") as lock:
        is_free = try_lock(lock)
        if is_free:
            unlock(lock)
    return not is_free


def started(folder: Path, order: Order) -> PlaneCluster:
    """A new data plane, with every replica ready.

    Raises:
        InputError: the folder cannot be used.
        IpagymError: the plane does not start; the message has its last line.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)  # what comes through the socket is trusted: nobody else may reach it
    address = Path(socket_of(folder))
    address.unlink(missing_ok=True)
    write_atomically(folder / ORDER, pickle.dumps(order))
    pid = _spawned(folder)
    until = time.monotonic() + START_S
    while not address.exists():
        has_ended = os.waitpid(pid, os.WNOHANG)[0] == pid
        if has_ended or time.monotonic() > until:
            if not has_ended:
                os.kill(pid, signal.SIGTERM)
                os.waitpid(pid, 0)
            raise IpagymError(f"the data plane does not start: {last_words(folder / LOG) or 'it says nothing'}")
        time.sleep(LOOK_S)
    return adopted(folder, order)


def _spawned(folder: Path) -> int:
    """The id of a new process in a session of its own, which nothing here holds on to: it is to live longer."""
    command = [sys.executable, "-m", "ipagym.cluster.plane.server", str(folder.absolute())]
    new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(folder / LOG), new, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(sys.executable, command, os.environ, file_actions=streams, setsid=True)


def adopted(folder: Path, order: Order) -> PlaneCluster:
    """The data plane that runs in the folder.

    Raises:
        InputError: it has a controller, or serves something else than is ordered.
    """
    stream = socket.socket(socket.AF_UNIX)
    try:
        stream.connect(socket_of(folder))
    except OSError as error:
        raise InputError(f"the data plane in {folder} cannot be reached ({error.strerror}): try again") from None
    connection: Connection[Any, Any] = Connection(stream.detach())
    if not connection.poll(GREETING_S):
        connection.close()
        raise InputError(f"the data plane in {folder} has a controller: end that first, or choose another --state")
    greeting: Greeting = connection.recv()
    wanted, found = (order.scenario.digest(), order.backend), (greeting.scenario_hash, greeting.backend)
    if wanted != found:
        connection.close()
        raise InputError(f"what runs in {folder} is another scenario, load or backend: choose another --state")
    return PlaneCluster(order.scenario, connection, greeting, folder)
