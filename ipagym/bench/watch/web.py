"""A run in the browser of this machine: its report if there is one, otherwise its progress."""

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Lock

from rich.console import Console

from ipagym.bench.comparison.results import load_results
from ipagym.bench.report.page import page
from ipagym.bench.storage.manifest import FILE_NAME
from ipagym.bench.watch.look import look
from ipagym.bench.watch.screen import drawn
from ipagym.bench.watch.state import Watched
from ipagym.system.errors import InputError

HERE = "127.0.0.1"
COLUMNS = 140


@dataclass(frozen=True, slots=True)
class Page:
    """The content for the browser, and whether it will change."""

    content: bytes
    is_last: bool

    @property
    def tag(self) -> str:
        """Its entity tag, with which a browser checks its cache."""
        return f'"{sha256(self.content).hexdigest()[:16]}"'


@dataclass(slots=True)
class Pages:
    """The page of a folder, made again when its results change."""

    folder: Path
    _stamp: object = None
    _report: bytes = b""
    _lock: Lock = field(default_factory=Lock)

    def now(self) -> Page:
        """The page as the files are now."""
        watched = look(self.folder)
        with self._lock:
            report = self._reported()
        return Page(report or progress_page(watched), watched.is_finished)

    def _reported(self) -> bytes:
        manifests = sorted([*self.folder.glob(FILE_NAME), *self.folder.glob(f"*/{FILE_NAME}")])
        stamp = [(path, path.stat().st_mtime_ns) for path in manifests]
        if stamp != self._stamp:
            self._report, self._stamp = _report(self.folder, [path.parent for path in manifests]), stamp
        return self._report


def progress_page(watched: Watched) -> bytes:
    """The terminal output of `ipagym watch` as HTML."""
    console = Console(record=True, file=StringIO(), width=COLUMNS)
    console.print(drawn(watched))
    return console.export_html(inline_styles=True).encode()


def server(folder: Path, port: int, every_s: float) -> ThreadingHTTPServer:
    """A server on the loopback address, not reachable from other machines; port 0 takes a free one.

    Raises:
        InputError: there is nothing to watch, or the port is taken.
    """
    look(folder)
    try:
        made = ThreadingHTTPServer((HERE, port), _handler(Pages(folder).now, every_s))
    except OSError as error:
        raise InputError(f"port {port} cannot be used ({error.strerror}): choose another --port") from error
    made.daemon_threads = True
    return made


def _report(folder: Path, inside: list[Path]) -> bytes:
    """The report of all complete comparisons; empty if there are none."""
    found = {}
    for each in inside:
        try:
            found[each.resolve().name] = load_results(each)
        except InputError:  # it is still running
            continue
    return page(folder.resolve().name, found).encode() if found else b""


def _handler(now: Callable[[], Page], every_s: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers with the page, whatever the path."""

        def do_GET(self) -> None:
            if (self.headers.get("Host") or "").partition(":")[0] not in (HERE, "localhost"):
                self.send_error(HTTPStatus.FORBIDDEN)  # a foreign host name that points here (DNS rebinding)
                return
            try:
                found = now()
            except InputError as error:
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR, explain=str(error))
                return
            same = self.headers.get("If-None-Match") == found.tag
            self.send_response(HTTPStatus.NOT_MODIFIED if same else HTTPStatus.OK)
            self.send_header("ETag", found.tag)
            self.send_header("Cache-Control", "no-cache")
            if not found.is_last:
                self.send_header("Refresh", f"{every_s:g}")
            if same:
                self.end_headers()
                return
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(found.content)))
            self.end_headers()
            self.wfile.write(found.content)

        def log_message(self, format: str, *args: object) -> None:
            """No line for every request."""

    return Handler
