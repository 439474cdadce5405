"""`/metrics` and `/health` of a controller, over HTTP, for this machine alone unless told otherwise."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from prometheus_client import CONTENT_TYPE_LATEST

from ipagym.control.loop import Step
from ipagym.control.metrics import Metrics
from ipagym.model.pipeline import Pipeline
from ipagym.system.errors import InputError

MOST_INTERVALS = 3
"""Intervals without a window after which a controller is not healthy."""


class Endpoint:
    """What is known of a controller, by path; `see` takes every step in."""

    def __init__(self, pipeline: Pipeline, interval_s: float) -> None:
        self._metrics = Metrics(pipeline)
        self._limit_s = MOST_INTERVALS * interval_s
        self._seen_at = time.monotonic()
        self._last: Step | None = None

    def see(self, step: Step) -> None:
        """Take a window and its decision in."""
        self._metrics.see(step)
        self._seen_at, self._last = time.monotonic(), step

    def page(self, path: str) -> tuple[HTTPStatus, str, bytes]:
        """Status, content type and content."""
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, self._metrics.text()
        if path == "/health":
            return self._health()
        return HTTPStatus.NOT_FOUND, "text/plain", b"there are /metrics and /health\n"

    def _health(self) -> tuple[HTTPStatus, str, bytes]:
        since_s = time.monotonic() - self._seen_at
        is_well = since_s <= self._limit_s
        told = {
            "status": "ok" if is_well else "no window for too long",
            "seconds_since_window": round(since_s, 3),
            "time_s": None if self._last is None else self._last.window.end_s,
            "decision": None if self._last is None else self._last.decision.reason,
        }
        status = HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE
        return status, "application/json", json.dumps(told).encode() + b"\n"


@contextmanager
def served(endpoint: Endpoint, host: str, port: int) -> Iterator[int]:
    """Serve the endpoint within the body; yields the port, which the system chooses for 0.

    Raises:
        InputError: the address cannot be had.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, content = endpoint.page(self.path.partition("?")[0])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: scrapes are no news."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except (OSError, OverflowError) as error:
        raise InputError(f"{host}:{port} cannot be listened on ({error}): choose another --metrics") from None
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
