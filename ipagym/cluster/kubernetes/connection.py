"""A connection to a pod's server, which is asked for one batch after another (HTTP/1.1, kept alive)."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep

import h11

from ipagym.cluster.live.children.v2 import LENGTH_HEADER, answers_in, request
from ipagym.system.errors import IpagymError

CONNECT_S = 1.0

TRIES_S = 5.0
"""Seconds for which a pod that says it is ready may refuse a connection."""

PAUSE_S = 0.02

DEAD_MS = 10_000
"""Milliseconds after which a peer that acknowledges nothing counts as gone."""

RECEIVED_AT_ONCE = 65536


@dataclass(slots=True, eq=False)
class Connection:
    """The stream to the server of a model, and the answer that is coming."""

    stream: socket.socket
    host: str
    model: str
    _http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT))
    _body: bytearray = field(default_factory=bytearray)
    _json_bytes: int | None = None

    def ask(self, items: Sequence[bytes], cores: int) -> None:
        """Send a batch.

        Raises:
            OSError: the server is gone.
        """
        body = request(items, cores)
        headers = [("Content-Length", str(len(body.content))), (LENGTH_HEADER, str(body.json_bytes))]
        self._send("POST", f"/v2/models/{self.model}/infer", headers, body.content)

    def take(self) -> Sequence[bytes] | None:
        """Receive; the answers once all are here.

        Raises:
            OSError: the server is gone, or does not answer as it should.
        """
        if not self._receive():
            return None
        try:
            return answers_in(bytes(self._body), self._json_bytes)
        except ValueError as error:
            raise OSError(f"no answer of the open inference protocol: {error}") from None

    def greet(self) -> None:
        """Ask whether the model is ready, so that the server knows its client.

        Raises:
            OSError: it is not.
        """
        self._send("GET", f"/v2/models/{self.model}/ready", [("Content-Length", "0")], b"")
        while not self._receive():
            pass

    def close(self) -> None:
        """Hang up."""
        self.stream.close()

    def _receive(self) -> bool:
        """Take what has come; true if an answer is whole with that."""
        received = self.stream.recv(RECEIVED_AT_ONCE)
        if not received:
            raise ConnectionResetError("the stream has ended")
        try:
            self._http.receive_data(received)
            is_whole = self._is_whole()
        except h11.RemoteProtocolError as error:
            raise OSError(f"no answer of HTTP: {error}") from None
        if is_whole:
            self._http.start_next_cycle()
        return is_whole

    def _is_whole(self) -> bool:
        """Take what has come; true if that ends the answer."""
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Response):
                self._begin(event)
            elif isinstance(event, h11.Data):
                self._body += event.data
            else:
                return isinstance(event, h11.EndOfMessage)

    def _begin(self, head: h11.Response) -> None:
        if head.status_code != 200:
            raise OSError(f"the server answers with status {head.status_code}")
        length = dict(head.headers).get(LENGTH_HEADER.lower().encode())
        self._body.clear()
        self._json_bytes = None if length is None else int(length)

    def _send(self, method: str, path: str, headers: list[tuple[str, str]], content: bytes) -> None:
        asked = h11.Request(method=method, target=path, headers=[("Host", self.host), *headers])
        parts = [self._http.send(asked), self._http.send(h11.Data(content)), self._http.send(h11.EndOfMessage())]
        self.stream.sendall(b"".join(part for part in parts if part))


def connected(address: str, port: int, model: str, is_wanted: Callable[[], bool] = lambda: True) -> Connection:
    """A connection to the server of a pod that has just become ready; it is tried for as long as it is wanted.

    Raises:
        IpagymError: it does not come about.
    """
    until_s = monotonic() + TRIES_S
    while True:
        try:
            return _greeted(address, port, model)
        except OSError as error:
            if monotonic() > until_s or not is_wanted():
                raise IpagymError(f"{address}:{port} cannot be reached from here: {error}") from None
        sleep(PAUSE_S)


def _greeted(address: str, port: int, model: str) -> Connection:
    stream = socket.create_connection((address, port), timeout=CONNECT_S)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 2), ("TCP_USER_TIMEOUT", DEAD_MS)):
        stream.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    connection = Connection(stream, f"{address}:{port}", model)
    try:
        connection.greet()
    except BaseException:
        stream.close()
        raise
    stream.settimeout(None)
    return connection
