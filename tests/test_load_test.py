"""The load tester: requests at their times whatever the server answers, and what is said of them."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
import pytest

from ipagym.bench.load_test.sender import times_of
from ipagym.bench.load_test.summary import whole, windows
from ipagym.cli import main
from ipagym.cluster.live.load import schedule
from ipagym.workload import by_name
from tests.live_scenarios import live_scenario

SERVICE_S = 0.02


class Handler(BaseHTTPRequestHandler):
    """Answers after a while: to `/broken` with an error, to `/empty` without outputs, once a second to `/stalls`."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/stalls":
            time.sleep(0.5)
        self._answer(b"here")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(SERVICE_S)
        self._answer(b"{}" if self.path == "/empty" else b'{"outputs": []}')

    def _answer(self, content: bytes) -> None:
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


@contextmanager
def running(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def requests_of(out: Path, url: str, *options: str) -> pd.DataFrame:
    assert main(["load", url, "--workload", "constant:40:2", "--interval", "1", "--out", str(out), *options]) == 0
    return pd.read_parquet(out / "requests.parquet")


def body(folder: Path) -> str:
    path = folder / "request.json"
    path.write_text(json.dumps({"inputs": []}))
    return str(path)


def test_every_request_is_sent_at_its_time_and_answered(address: str, tmp_path: Path) -> None:
    found = requests_of(tmp_path, f"{address}/infer", "--protocol", "v2", "--body", body(tmp_path))
    due_s = times_of(by_name("constant:40:2"), 0)
    assert found["due_s"].tolist() == due_s.tolist()
    assert found["ok"].all()
    assert (found["status"] == 200).all()
    assert (found["latency_s"] >= SERVICE_S).all()
    assert (found["lateness_s"] >= 0).all()
    assert found["lateness_s"].median() < SERVICE_S
    by_window = pd.read_csv(tmp_path / "windows.csv")
    assert by_window["arrivals"].tolist() == np.histogram(due_s, [0, 1, 2])[0].tolist()


def test_arrivals_are_those_of_the_simulators() -> None:
    scenario = live_scenario((30.0, 5.0, 60.0))
    assert times_of(scenario.workload, 7).tolist() == schedule(scenario, 7)[1].tolist()


def test_slow_answers_do_not_hold_the_load_up(address: str, tmp_path: Path) -> None:
    found = requests_of(tmp_path, f"{address}/stalls")
    assert (found["latency_s"] > 0.5).all()
    assert found["lateness_s"].max() < 0.45, "the next request does not wait for an answer"


@pytest.mark.parametrize(("path", "protocol", "status"), [("broken", "http", 500), ("empty", "v2", 200)])
def test_what_is_no_answer_does_not_count(address: str, tmp_path: Path, path: str, protocol: str, status: int) -> None:
    found = requests_of(tmp_path, f"{address}/{path}", "--protocol", protocol, "--body", body(tmp_path))
    assert not found["ok"].any()
    assert (found["status"] == status).all()


def test_a_request_that_takes_too_long_is_given_up(address: str, tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    with running(server):
        found = requests_of(tmp_path / "fast", url, "--duration", "1")
        assert found["ok"].all()
    assert main(["load", url, "--out", str(tmp_path)]) == 2  # nobody listens any more
    slow = [*("load", f"{address}/stalls", "--timeout", "0.6", "--slo", "0.1", "--workload", "constant:5:1")]
    assert main([*slow, "--out", str(tmp_path / "slow")]) == 0
    assert pd.read_csv(tmp_path / "slow" / "windows.csv")["violations"].sum() == len(
        times_of(by_name("constant:5:1"), 0)
    )


def test_the_figures_of_windows_and_of_all() -> None:
    requests = pd.DataFrame(
        {
            "due_s": [0.0, 0.5, 1.5, 1.9],
            "lateness_s": [0.0, 0.0, 0.0, 0.001],
            "latency_s": [0.1, 0.3, 0.2, 5.0],
            "status": [200, 200, 200, 0],
            "ok": [True, True, True, False],
        }
    )
    first, second = windows(requests, interval_s=1.0, slo_s=0.25).to_dict("records")
    assert (first["arrivals"], first["completed"], first["dropped"], first["violations"]) == (2, 2, 0, 1)
    assert (second["start_s"], second["completed"], second["dropped"], second["violations"]) == (1.0, 1, 1, 1)
    total = whole(requests, slo_s=0.25)
    assert total["latency_mean_s"] == pytest.approx(0.2)
    assert total["latency_p50_s"] == pytest.approx(0.2)


REFUSED = [
    (["load", "here"], "a URL begins with"),
    (["load", "http://127.0.0.1:1/"], "cannot be reached"),
    (["load", "http://x", "--protocol", "v2"], "--body FILE"),
    (["load", "http://x", "--protocol", "v3"], "unknown protocol"),
    (["load", "http://x", "--body", "none such"], "cannot be read"),
    (["load", "http://x", "--slo", "0"], "--slo must be above 0"),
    (["load", "http://x", "--arrivals", "none"], "unknown arrival rule"),
]


@pytest.mark.parametrize(("command", "said"), REFUSED)
def test_what_cannot_be_is_refused(
    command: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--out", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
