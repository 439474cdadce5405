"""A data plane: what becomes of a cluster whose controller is killed, is told to end, or finds another one there."""

import json
import os
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ipagym.cli import main
from ipagym.cluster.live.load import schedule
from ipagym.cluster.plane import client
from ipagym.cluster.plane.client import PlaneCluster, adopted, runs, started
from ipagym.cluster.plane.messages import LOCK, Order
from ipagym.envs.scenarios import make_scenario
from ipagym.model.configuration import Configuration
from ipagym.system.errors import InputError, IpagymError
from tests.live_scenarios import live_scenario
from tests.test_live import eventually
from tests.test_live import runs as is_there
from tests.tiny import setting

ORDER = Order(
    scenario=live_scenario((20.0,) * 60, setting(2), setting(1), interval_s=0.5),
    backend="rehearsal",
    seed=3,
    orphan_limit_s=30.0,
)


def leave(cluster: PlaneCluster) -> None:
    """Go as a controller goes that is killed."""
    cluster._stream.close()


def arrivals_until(order: Order, end_s: float) -> int:
    return int((schedule(order.scenario, order.seed)[1] < end_s).sum())


def test_another_controller_adopts_what_runs_and_every_request_is_accounted_for(tmp_path: Path) -> None:
    first = started(tmp_path, ORDER)
    windows = [first.advance(0.5)]
    first.apply(Configuration((setting(3), setting(2))))
    windows.append(first.advance(0.5))
    leave(first)
    second = adopted(tmp_path, ORDER)
    with closing(second):
        assert second.configuration == Configuration((setting(3), setting(2)))
        assert set(second.pids) >= set(first.pids), "nothing was started anew"
        assert [window.end_s for window in second.unseen] == [1.0]
        windows += [window for window in second.overdue(0.5) if window.end_s > 1.0]
        windows.append(second.advance(0.5))
        windows.append(second.drain(10.0))
    assert sum(window.arrivals for window in windows) == sum(window.completed for window in windows)
    assert sum(window.arrivals for window in windows[:-1]) == arrivals_until(ORDER, windows[-2].end_s)
    assert windows[-1].in_system == 0
    assert not runs(tmp_path)
    assert eventually(lambda: not any(map(is_there, second.pids)))


CONTROLLER = ["-c", "from ipagym.cli import main; raise SystemExit(main())", "serve", "digits", "--agent", "static-min"]
LOAD = ["--backend", "rehearsal", "--workload", "constant:6:600"]


def controller(*options: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *CONTROLLER, *LOAD, *options], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )


def test_a_controller_that_is_killed_leaves_a_cluster_that_the_next_one_takes(tmp_path: Path) -> None:
    state, log = tmp_path / "state", tmp_path / "log"
    order = replace(ORDER, scenario=make_scenario("digits", "constant:6:600"), seed=0)
    with controller("--state", str(state), "--log", str(log)) as killed:
        assert killed.stdout is not None
        assert "arrived" in killed.stdout.readline()
        killed.kill()
    assert runs(state)
    with controller("--state", str(state), "--log", str(log)) as second:
        assert second.stdout is not None
        assert "adopted" in second.stdout.readline()
        second.stdout.readline()
        second.terminate()
        last = second.stdout.read().splitlines()[-1]
    assert second.returncode == 0
    assert last.endswith("0 left")
    assert not runs(state)
    records = [json.loads(line) for line in log.read_text().splitlines()]
    by_time = {record["time_s"]: record for record in records}
    assert list(by_time) == [order.scenario.interval_s * (1 + number) for number in range(len(by_time))]
    assert sum(record["arrivals"] for record in by_time.values()) == arrivals_until(order, max(by_time))


def test_a_signal_ends_the_load_and_lets_the_rest_be_answered() -> None:
    with controller() as told:
        assert told.stdout is not None
        told.stdout.readline()
        told.send_signal(signal.SIGTERM)
        last = told.stdout.read().splitlines()[-1]
    assert told.returncode == 0
    assert "drained" in last
    assert last.endswith("0 left")


def test_there_is_one_controller_at_a_time_and_it_wants_what_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "GREETING_S", 0.3)
    with closing(started(tmp_path, ORDER)) as cluster:
        with pytest.raises(InputError, match="has a controller"):
            adopted(tmp_path, ORDER)
        leave(cluster)
        with pytest.raises(InputError, match="another scenario"):
            adopted(tmp_path, replace(ORDER, scenario=replace(ORDER.scenario, interval_s=1.0)))
        adopted(tmp_path, ORDER).close()
    assert not runs(tmp_path)


def test_a_plane_without_a_controller_ends(tmp_path: Path) -> None:
    cluster = started(tmp_path, replace(ORDER, orphan_limit_s=0.3))
    leave(cluster)
    assert eventually(lambda: not runs(tmp_path) and not any(map(is_there, cluster.pids)))


def test_the_end_of_a_plane_is_told_and_takes_its_replicas_along(tmp_path: Path) -> None:
    cluster = started(tmp_path, ORDER)
    os.kill(int((tmp_path / LOCK).read_text()), signal.SIGKILL)
    with pytest.raises(IpagymError, match="the data plane has ended"):
        cluster.advance(0.5)
    cluster.close()
    assert eventually(lambda: not any(map(is_there, cluster.pids)))
    with closing(started(tmp_path, ORDER)) as again:  # what it left does not stand in the way
        assert again.advance(0.5).arrivals == arrivals_until(ORDER, 0.5)


def test_errors_come_through_and_the_plane_goes_on(tmp_path: Path) -> None:
    with closing(started(tmp_path, ORDER)) as cluster:
        with pytest.raises(InputError, match="none such"):
            cluster.apply(Configuration((setting(1, name="none such"), setting(1))))
        assert cluster.advance(0.5).end_s == 0.5


def test_a_plane_that_cannot_start_says_why(tmp_path: Path) -> None:
    order = replace(ORDER, backend="local")  # which has no models of this pipeline
    with pytest.raises(IpagymError, match=r"does not start: .*no models"):
        started(tmp_path, order)


REFUSED: list[tuple[list[str], str]] = [
    (["--backend", "simpy", "--state", "here"], "leave --state out"),
    (["--metrics", "many"], "PORT or HOST:PORT"),
    (["--metrics", "127.0.0.1:99999"], "choose another --metrics"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_what_cannot_be_is_refused(options: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "digits", "--agent", "static-min", *LOAD, *options]) == 2
    assert said in capsys.readouterr().err
