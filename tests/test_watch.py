"""`ipagym watch` on folders in every state: what is done, what is left, and what a browser gets."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest
from rich.console import Console, RenderableType

from ipagym.bench.comparison.results import load_results
from ipagym.bench.storage.manifest import read_manifest, write_manifest
from ipagym.bench.watch.episode import watch_episode
from ipagym.bench.watch.look import look
from ipagym.bench.watch.screen import drawn, sparkline
from ipagym.bench.watch.state import time_left_s
from ipagym.bench.watch.web import server
from ipagym.cli import main
from ipagym.system.errors import InputError
from tests.comparing import compare
from tests.test_bench import SCENARIO, Constant, ScriptedCluster, one, two
from tests.test_fence import raises


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("watched") / "compared"
    agents = {"one": one, "two": two, "raises": raises}
    compare(SCENARIO, agents, seeds=[0, 1], out=out, make_cluster=ScriptedCluster)
    return out


@contextmanager
def as_if_running(folder: Path) -> Iterator[None]:
    """The comparison as it stands before its last episode."""
    whole, last = read_manifest(folder), folder / "episodes" / "two-1.parquet"
    content = last.read_bytes()
    write_manifest(folder, replace(whole, windows_sha256=None, failed={}))
    last.unlink()
    try:
        yield
    finally:
        last.write_bytes(content)
        write_manifest(folder, whole)


def text(what: RenderableType) -> str:
    console = Console(width=150)
    with console.capture() as caught:
        console.print(what)
    return caught.get()


def test_a_comparison_is_told_with_its_figures_and_failures(compared: Path) -> None:
    found = look(compared)
    assert (found.done, found.total, found.is_finished) == (4, 6, True)
    lines = {line.name: line for line in found.current.lines}
    rewards = {each.agent: each.estimates["reward"].mean for each in load_results(compared).summaries}
    assert lines["two"].figures[3] == f"{rewards['two']:.2f}"
    assert len(lines["one"].course) == SCENARIO.windows - 1
    shown = text(drawn(found))
    assert "4 of 6 episodes, finished" in shown
    assert "failed: raises: ValueError: no idea" in shown


def test_a_running_comparison_has_time_left(compared: Path) -> None:
    with as_if_running(compared):
        found = look(compared)
        assert (found.done, found.is_finished) == (3, False)
        assert found.left_s is not None
        assert found.left_s > 0
        assert "left" in text(drawn(found))


def test_the_time_left_follows_the_pace() -> None:
    assert time_left_s([0.0, 10.0, 20.0], 3, now_s=20.0) == 30.0
    assert time_left_s([0.0], 3, now_s=20.0) is None
    assert time_left_s([], 0, now_s=20.0) == 0.0


def test_a_leaderboard_has_tasks_that_have_not_begun(tmp_path: Path) -> None:
    suite = {
        "suite": "tiny", "version": 1, "description": "tiny", "seeds": 2, "reference": "static-min", "ceiling": None,
        "agents": ["static-min", "random"], "tracks": {"nominal": {}, "late": {"telemetry": {"lag_s": 10.0}}},
        "tasks": {"video": {"scenario": "video", "load": "constant:40:60"}},
    }  # fmt: skip
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    found = look(tmp_path)
    assert [(part.title, part.done, part.total) for part in found.parts] == [
        ("video.nominal", 0, 4), ("video.late", 0, 4)
    ]  # fmt: skip
    assert "0 of 8 episodes, time left unknown" in text(drawn(found))


def test_a_training_is_told_from_its_curve(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text(
        json.dumps({"algorithm": "ppo", "scenario": "video", "recipe": {"steps": 4000}})
    )
    assert "0 of 4,000 steps, time left unknown" in text(drawn(look(tmp_path)))
    rows = [{"steps": 1000, "reward": -3.0, "best": -3.0}, {"steps": 2000, "reward": -2.5, "best": -2.5}]
    (tmp_path / "curve.json").write_text(json.dumps({"curve": rows, "wall_s": 100.0}))
    found = look(tmp_path)
    assert (found.done, found.left_s) == (2000, 100.0)
    assert "▁█" in text(drawn(found))


def test_where_nothing_runs_one_line_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(tmp_path)]) == 2
    assert f"nothing to watch in {tmp_path}: give the --out of" in capsys.readouterr().err
    (tmp_path / "train.json").write_text("{}")
    with pytest.raises(InputError, match="holds no training of this version"):
        look(tmp_path)


def test_a_sparkline_spans_from_the_lowest_to_the_highest() -> None:
    assert sparkline([0.0, 1.0, 2.0, 7.0]) == "▁▂▃█"
    assert sparkline([5.0, 5.0]) == sparkline([1.0, 1.0])
    assert len(sparkline([float(n) for n in range(1000)], width=10)) == 10
    assert sparkline([]) == ""


def test_every_window_of_an_episode_is_shown_and_changes_nothing() -> None:
    shown: list[str] = []
    found = watch_episode(
        Constant(2),
        ScriptedCluster(SCENARIO),
        SCENARIO,
        seed=0,
        rate=1000.0,
        show=lambda what: shown.append(text(what)),
    )
    assert len(shown) == SCENARIO.windows - 1 == len(found.windows)
    assert f"{SCENARIO.windows - 1} of {SCENARIO.windows - 1} windows" in shown[-1]


def answer(port: int, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/", headers={name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_a_browser_of_this_machine_gets_progress_and_then_the_report(compared: Path) -> None:
    pytest.importorskip("plotly")
    with server(compared, 0, 2.0) as serving:
        Thread(target=serving.serve_forever, daemon=True).start()
        port = serving.server_port
        with as_if_running(compared):
            response, content = answer(port)
            assert (response.status, response.getheader("Refresh")) == (200, "2")
            assert b"3 of 6 episodes" in content
        response, content = answer(port)
        assert (response.status, response.getheader("Refresh")) == (200, None)
        assert b"plotly" in content
        response, content = answer(port, If_None_Match=response.getheader("ETag") or "")
        assert (response.status, content) == (304, b"")
        assert answer(port, Host="evil.example")[0].status == 403
        serving.shutdown()
