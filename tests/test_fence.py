"""Agents that fail in every way they can, beside good ones: each costs its own cells and nothing else."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ipagym.bench.comparison.jobs import GENEROUS, usual_fence
from ipagym.bench.comparison.results import load_results
from ipagym.model.configuration import Configuration, Limits
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.system.errors import InputError
from ipagym.system.fence import Fence
from ipagym.system.processes import Lost, fenced
from tests.comparing import compare
from tests.test_bench import SCENARIO, ScriptedCluster, one, two

FENCE = Fence(decision_s=3.0, task_s=300.0, memory_gib=1.0)


@dataclass
class Does:
    """Asks for what it finds, but does something else first from its third decision on."""

    deed: Callable[[Window], object]

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        self.decisions = 0

    def decide(self, window: Window) -> Configuration:
        self.decisions += 1
        if self.decisions < 3:
            return window.configuration
        return self.deed(window)  # type: ignore[return-value]


def raises() -> Does:
    def deed(window: Window) -> object:
        raise ValueError("no\nidea")

    return Does(deed)


def nonsense() -> Does:
    return Does(lambda window: float("nan"))


def sleeps() -> Does:
    return Does(lambda window: time.sleep(1000))


def exits() -> Does:
    return Does(lambda window: os._exit(0))


def leaves() -> Does:
    return Does(lambda window: sys.exit(3))


def eats() -> Does:
    return Does(lambda window: [bytearray(2**27) for _ in range(100)])


def mutates() -> Does:
    def deed(window: Window) -> object:
        window.latency_s[:] = 0.0
        return window.configuration

    return Does(deed)


def unlocks() -> Does:
    return Does(lambda window: window.latency_s.setflags(write=True))


GOOD = {"one": one, "two": two}
BAD = {
    "raises": (raises, "ValueError: no idea (test_fence.py, line "),
    "nonsense": (nonsense, "a configuration holds a tuple of settings, one for each stage, not nan"),
    "leaves": (leaves, "SystemExit: 3 (test_fence.py, line "),
    "mutates": (mutates, "ValueError: assignment destination is read-only (test_fence.py, line "),
    "unlocks": (unlocks, "ValueError: cannot set WRITEABLE flag to True of this array (test_fence.py, line "),
}
KILLED = {
    "sleeps": (sleeps, "no decision within 3 s"),
    "exits": (exits, "it exited the process"),
    "eats": (eats, "MemoryError (test_fence.py, line "),
}


def test_bad_agents_cost_their_own_cells_and_nobody_elses(tmp_path: Path) -> None:
    bad = {name: make for name, (make, _) in (BAD | KILLED).items()}
    alone = compare(SCENARIO, GOOD, seeds=[3], out=tmp_path / "alone", make_cluster=ScriptedCluster)
    found = compare(
        SCENARIO, {**bad, **GOOD}, seeds=[3], out=tmp_path / "mixed", make_cluster=ScriptedCluster,
        workers=2, fence=FENCE,
    )  # fmt: skip
    assert set(found.manifest.failed) == set(bad)
    for name, (_, reason) in (BAD | KILLED).items():
        assert found.manifest.failed[name].startswith(reason), name
        assert found.manifest.failed[name].endswith("(seed 3)")
    for name in ("windows.parquet", "episodes.parquet", "episodes/one-3.parquet", "episodes/two-3.parquet"):
        assert (tmp_path / "mixed" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
    assert [summary.agent for summary in found.summaries] == [summary.agent for summary in alone.summaries]
    assert load_results(tmp_path / "mixed").manifest == found.manifest


def test_one_process_is_no_reason_to_give_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bad = {name: make for name, (make, _) in BAD.items()}
    found = compare(SCENARIO, {**bad, **GOOD}, seeds=[0], out=tmp_path, make_cluster=ScriptedCluster)
    assert [summary.agent for summary in found.summaries] == list(GOOD)
    assert set(found.manifest.failed) == set(BAD)
    assert "raises failed on seed 0, and the others go on: ValueError: no idea" in caplog.text


def failing_once(marker: Path) -> Does:
    def deed(window: Window) -> object:
        if not marker.exists():
            marker.touch()
            raise OSError("not today")
        return window.configuration

    return Does(deed)


def test_a_half_failed_agent_is_in_no_table_and_is_tried_again(tmp_path: Path) -> None:
    agents = {"flaky": lambda: failing_once(tmp_path / "marker"), "one": one}
    found = compare(SCENARIO, agents, seeds=[0, 1], out=tmp_path / "out", make_cluster=ScriptedCluster)
    assert found.manifest.failed["flaky"].endswith("(seed 0)")
    assert set(found.episodes["agent"]) == set(found.windows["agent"]) == {"one"}
    again = compare(SCENARIO, agents, seeds=[0, 1], out=tmp_path / "out", make_cluster=ScriptedCluster)
    assert again.manifest.failed == {}
    assert set(again.episodes["agent"]) == {"flaky", "one"}


def test_without_a_single_agent_left_there_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no agent finished: raises: ValueError: no idea"):
        compare(SCENARIO, {"raises": raises}, seeds=[0], out=tmp_path, make_cluster=ScriptedCluster)


def stalls() -> None:
    time.sleep(1000)


def test_a_task_has_a_limit_of_its_own() -> None:
    limits = Fence(decision_s=100.0, task_s=0.5)
    assert list(fenced([stalls], 1, limits)) == [(0, Lost("not done within 0.5 s"))]


def test_limits_follow_the_interval_and_are_positive() -> None:
    fence = usual_fence(SCENARIO)
    assert fence.decision_s == GENEROUS * SCENARIO.interval_s
    assert fence.task_s == fence.decision_s * SCENARIO.windows
    with pytest.raises(InputError, match="decision limit must be above 0"):
        usual_fence(SCENARIO, decision_s=0.0)
    with pytest.raises(InputError, match="memory limit must be above 0"):
        usual_fence(SCENARIO, memory_gib=float("nan"))


PARENT = """
import signal, sys
from tests.test_fence import report_and_stall
from ipagym.system.processes import fenced
from functools import partial
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell started the tests behind an &
    list(fenced([partial(report_and_stall, sys.argv[1], n) for n in range(2)], 2, None))
"""


def report_and_stall(folder: str, number: int) -> None:
    (Path(folder) / str(number)).write_text(str(os.getpid()))
    time.sleep(1000)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_no_worker_outlives_its_parent(tmp_path: Path, how: signal.Signals) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(["", *sys.path]).lstrip(os.pathsep)}
    parent = subprocess.Popen([sys.executable, str(script), str(tmp_path)], env=environment, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 300
    while not all((tmp_path / name).exists() and (tmp_path / name).read_text() for name in "01"):
        assert time.monotonic() < until
        assert parent.poll() is None
        time.sleep(0.05)
    workers = [int((tmp_path / name).read_text()) for name in "01"]
    parent.send_signal(how)
    parent.wait(timeout=100)
    while any(alive(worker) for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.05)


def alive(process: int) -> bool:
    """True for a process that is there and is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
