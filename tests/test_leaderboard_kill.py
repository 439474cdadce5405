"""A leaderboard's run whose processes are killed in the midst of episodes goes on to the same tables."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pandas as pd
import pytest

from ipagym.cli import main
from tests.test_fence import alive

MAIN = "import sys; from ipagym.cli import main; sys.exit(main(sys.argv[1:]))"
COMMAND = ["leaderboard", "run", "tiny.yaml", "--out"]
MARK = "IPAGYM_TEST_MARK"
PATIENCE_S = 300.0
SUITE = """
suite: tiny
version: 1
description: a task of a minute
seeds: 4
reference: static-min
ceiling: null
agents: [static-min, random, "waiting:Waits"]
tasks:
  video: {scenario: video, load: "constant:20:60"}
"""
OTHERS, ALL = 8, 12  # cells; those of the agent that waits come last, and two workers run them

# It works where its process runs, and has the same fingerprint in every run.
AGENT = """
import os, time
from pathlib import Path

class Waits:
    'Asks for what it finds, after it waited in the midst of its episode for a gate to open.'

    def reset(self, pipeline, limits, rng):
        self.decisions = 0

    def decide(self, window):
        self.decisions += 1
        gate = Path("gate")
        if self.decisions == 3 and gate.exists() and len(list(Path("out").rglob("*.parquet"))) >= int(gate.read_text()):
            Path(f"waits-{os.getpid()}").touch()
            while gate.exists():
                time.sleep(0.01)
        return window.configuration
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of the suite in a folder, whose processes carry a mark."""

    folder: Path
    mark: str

    def start(self) -> "subprocess.Popen[bytes]":
        path = os.pathsep.join(["", *sys.path]).lstrip(os.pathsep)
        return subprocess.Popen(
            [sys.executable, "-c", MAIN, *COMMAND, "out", "--workers", "2"],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": path, MARK: self.mark},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    @contextmanager
    def held(self, cells: int, waiting: int) -> "Iterator[tuple[subprocess.Popen[bytes], list[int]]]":
        """A run, and those of its workers that wait in their episodes: so many, after so many cells or more."""
        (self.folder / "gate").write_text(str(cells))
        run = self.start()
        wait_until(lambda: len(self.waiting()) == waiting or run.poll() is not None)
        assert run.poll() is None
        yield run, self.waiting()
        run.wait(timeout=PATIENCE_S)
        for each in self.folder.glob("waits-*"):
            each.unlink()
        wait_until(lambda: not self.processes())

    def waiting(self) -> list[int]:
        return sorted(int(path.name.removeprefix("waits-")) for path in self.folder.glob("waits-*"))

    def processes(self) -> list[int]:
        """Those of any run that are there still."""
        return [pid for pid in running() if alive(pid) and self.mark.encode() in environment(pid)]

    def episodes(self) -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (self.folder / "out").rglob("episodes/*.parquet")}

    def table(self, out: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / out / "leaderboard.csv").drop(columns="decision_ms")


def running() -> Sequence[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:  # it has ended, or is another user's
        return b""


def wait_until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.02)


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "tiny.yaml").write_text(SUITE)
    (tmp_path / "waiting.py").write_text(AGENT)
    made = Runs(tmp_path, uuid4().hex)
    yield made
    sys.modules.pop("waiting", None)
    for pid in made.processes():
        os.kill(pid, signal.SIGKILL)


def finished(out: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The windows hash of a run to the end, in this process."""
    assert main([*COMMAND, out, "--workers", "1"]) == 0
    return capsys.readouterr().out.splitlines()[-1].split()[1]


def test_a_run_whose_processes_are_killed_goes_on_to_the_same_tables(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    with runs.held(cells=0, waiting=2) as (run, _):
        run.kill()
    assert len(runs.episodes()) == OTHERS
    with runs.held(cells=OTHERS + 1, waiting=2) as (run, workers):
        os.kill(workers[0], signal.SIGKILL)
        wait_until(lambda: not alive(workers[0]))
        (runs.folder / "gate").unlink()
    assert run.returncode == 1, "an agent has a seed without results"
    before = runs.episodes()
    assert len(before) == ALL - 1
    digest = finished("out", capsys)
    after = runs.episodes()
    assert {name: after[name] for name in before} == before, "what is there is not run again"
    assert len(after) == ALL
    assert digest == finished("whole", capsys)
    pd.testing.assert_frame_equal(runs.table("out"), runs.table("whole"), check_exact=True)
