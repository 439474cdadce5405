"""A server of the open inference protocol (V2) for one model: what a pod of a replica runs.

It is told by its environment: `IPAGYM_MODEL` is the model in JSON (`replica.loaded`), `IPAGYM_MODEL_NAME` its name,
`POD_IP` the address to bind, `IPAGYM_PORT` the port.

    GET  /v2/health/live, /v2/health/ready, /v2/models/NAME, /v2/models/NAME/ready
    POST /v2/models/NAME/infer

One batch is served at a time. Upon SIGTERM it says that it is not ready, goes on serving who is connected, and ends
once nobody is, or after `LEAVE_S`.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any

from ipagym.cluster.live.children.replica import Serve, loaded
from ipagym.cluster.live.children.v2 import LENGTH_HEADER, Body, asked_in, response

PORT = 8080

LEAVE_S = 25.0
"""Seconds for which a server that was told to end still serves; pods have 30."""

LOOK_S = 0.02


class Server(ThreadingHTTPServer):
    """The server; `model` is there once it is loaded."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], name: str) -> None:
        super().__init__(address, Handler)
        self.name = name
        self.model: Serve | None = None
        self.is_leaving = False
        self.clients: set[object] = set()
        self.turn = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def is_ready(self) -> bool:
        """True while new clients are welcome."""
        return self.model is not None and not self.is_leaving


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet

    def finish(self) -> None:
        """The connection ends."""
        self.server.clients.discard(self)
        super().finish()

    def do_GET(self) -> None:
        """Health, and what the model is."""
        of_model = f"/v2/models/{self.server.name}"
        if self.path.startswith(of_model):
            self.server.clients.add(self)
        if self.path in ("/v2/health/ready", f"{of_model}/ready"):
            self._answer(200 if self.server.is_ready else 503, {})
        elif self.path == "/v2/health/live":
            self._answer(200, {})
        elif self.path == of_model:
            self._answer(200, _metadata(self.server.name))
        else:
            self._answer(404, {"error": f"nothing is at {self.path}"})

    def do_POST(self) -> None:
        """A batch."""
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        model = self.server.model
        self.server.clients.add(self)
        if self.path != f"/v2/models/{self.server.name}/infer":
            self._answer(404, {"error": f"nothing is at {self.path}"})
            return
        if model is None:
            self._answer(503, {"error": f"{self.server.name} is not loaded yet"})
            return
        try:
            asked = asked_in(content, _length(self.headers.get(LENGTH_HEADER)))
        except ValueError as error:
            self._answer(400, {"error": str(error)})
            return
        with self.server.turn:
            answers = model(asked.items, asked.cores)
        self._send(200, response(self.server.name, answers, is_binary=asked.is_binary))

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of single requests."""

    def _answer(self, status: int, fields: dict[str, Any]) -> None:
        content = json.dumps(fields).encode()
        self._send(status, Body(content, len(content)))

    def _send(self, status: int, body: Body) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/octet-stream" if _has_tensor(body) else "application/json")
        self.send_header("Content-Length", str(len(body.content)))
        if _has_tensor(body):
            self.send_header(LENGTH_HEADER, str(body.json_bytes))
        self.end_headers()
        self.wfile.write(body.content)
        self.wfile.flush()


def _has_tensor(body: Body) -> bool:
    return body.json_bytes < len(body.content)


def _length(header: str | None) -> int | None:
    return None if header is None else int(header)


def _metadata(name: str) -> dict[str, Any]:
    tensor = {"datatype": "BYTES", "shape": [-1]}
    inputs, outputs = [{"name": "input", **tensor}], [{"name": "output", **tensor}]
    return {"name": name, "platform": "ipagym", "inputs": inputs, "outputs": outputs}


def main() -> None:
    """Load the model, and serve until told to end."""
    address = (os.environ.get("POD_IP", "127.0.0.1"), int(os.environ.get("IPAGYM_PORT", PORT)))
    server = Server(address, os.environ["IPAGYM_MODEL_NAME"])
    told = threading.Event()

    def leave(number: int, frame: FrameType | None) -> None:
        server.is_leaving = True
        told.set()

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=server.serve_forever, args=(LOOK_S,), daemon=True).start()
    server.model = loaded(json.loads(os.environ["IPAGYM_MODEL"]))
    told.wait()
    until = time.monotonic() + LEAVE_S
    while server.clients and time.monotonic() < until:
        time.sleep(LOOK_S)
    with server.turn:  # a batch at work is answered
        pass


if __name__ == "__main__":
    main()
