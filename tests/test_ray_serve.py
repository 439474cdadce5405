"""Replicas on a real Ray Serve of this machine: the contract, what is killed, what is refused.

A replica takes Ray seconds of two cores to start. So what starts many is run with `--hypothesis-profile=nightly` only.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from socket import socket
from types import SimpleNamespace

import pytest

from ipagym.cli import main
from ipagym.cluster import contract
from ipagym.cluster.backends import BACKENDS
from ipagym.cluster.contract import Subject, small_scenario
from ipagym.cluster.live import LiveCluster, Program, rehearsal
from ipagym.cluster.live.load import schedule
from ipagym.cluster.ray_serve.platform import ADDRESS, RayServe
from ipagym.cluster.sim.request import Outcome
from ipagym.model.configuration import Configuration
from ipagym.system.errors import InputError, IpagymError
from ipagym.system.ray_connection import LOCAL, connect, imported
from ipagym.task.scenario import Scenario
from tests.live_scenarios import live_scenario
from tests.tiny import setting

OFTEN = (contract.check_conservation, contract.check_variant)
"""What is checked in every run, with one stage."""


@pytest.fixture
def nightly(pytestconfig: pytest.Config) -> None:
    """Skip but for the nightly run."""
    if not is_nightly(pytestconfig):
        pytest.skip("starts many replicas of Ray: in the nightly run")


def is_nightly(config: pytest.Config) -> bool:
    return bool(config.getoption("--hypothesis-profile") == "nightly")


def one_stage() -> Scenario:
    scenario = small_scenario()
    pipeline = replace(scenario.pipeline, stages=scenario.pipeline.stages[:1])
    return replace(scenario, pipeline=pipeline, initial=Configuration(scenario.initial.stages[:1]))


@pytest.fixture(scope="module")
def ray_serve() -> Iterator[None]:
    """One Ray for all tests: starting it takes longer than they do."""
    for needed in ("ray", "ray.serve"):
        pytest.importorskip(needed, reason="replicas on Ray Serve need the extra `ray`")
    ray = imported("a test")
    from ray import serve

    connect(LOCAL, "a test", 4)
    serve.start(proxy_location="Disabled", logging_config={"log_level": "ERROR"})
    yield
    ray.shutdown()


def replica_pids() -> list[int]:
    """The processes of replicas that Ray Serve runs for us."""
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "cmdline").read_bytes().startswith(b"ray::ServeReplica:ipagym-"):
                pids.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return sorted(pids)


@pytest.mark.parametrize("check", contract.CHECKS, ids=lambda check: check.__name__)
def test_contract(check: Callable[[Subject], None], request: pytest.FixtureRequest) -> None:
    if check not in OFTEN:
        request.getfixturevalue("nightly")
    request.getfixturevalue("ray_serve")
    scenario = small_scenario() if is_nightly(request.config) else one_stage()
    check(Subject(make=BACKENDS["ray-rehearsal"].make, scenario=scenario))


def test_killed_replicas_are_started_anew_and_their_batches_served_again(ray_serve: None) -> None:
    scenario = live_scenario((60.0,) * 2, setting(1), setting(1), interval_s=0.5)
    cluster = LiveCluster(scenario, rehearsal(scenario.pipeline), platform=RayServe(), keep_requests=True)
    with closing(cluster):
        cluster.reset(1)
        windows = [cluster.advance(0.3)]
        os.kill(replica_pids()[0], signal.SIGKILL)
        while windows[-1].in_system or len(windows) < 6:
            windows.append(cluster.advance(0.5))
            assert len(windows) < 60, f"requests are left: {windows[-1]}"
        ready = [stage.ready for stage in windows[-1].stages]
        requests = cluster.requests
    assert ready == [1, 1]
    assert len(requests) == len(schedule(scenario, 1)[0]) == sum(window.completed for window in windows)
    assert all(request.outcome is Outcome.COMPLETED for request in requests)
    assert not replica_pids(), "nothing is left after close()"


def test_a_model_that_cannot_be_loaded_is_told_with_its_reason(nightly: None, ray_serve: None) -> None:
    broken = Program(model=lambda stage, name: {"module": "sleeper", "settings": {"wrong": 1}}, input=lambda n: b"")
    cluster = LiveCluster(live_scenario((5.0,) * 4), broken, platform=RayServe())
    with closing(cluster), pytest.raises(IpagymError, match=r"small cannot be started: .*wrong"):
        cluster.reset(0)


def test_agents_are_compared_on_real_models(
    ray_serve: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for needed in ("onnx", "onnxruntime", "sklearn"):
        pytest.importorskip(needed, reason="the models of digits need the extra `live`")
    command = ["compare", "digits", "--backend", "ray", "--agents", "static-min", "--seeds", "1", "--duration", "10"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    assert "static-min" in capsys.readouterr().out


def test_without_ray_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    said = r"the backend ray needs Ray: install it with `pip install 'ipagym\[ray\]'`"
    with closing(BACKENDS["ray-rehearsal"].make(small_scenario())) as cluster, pytest.raises(InputError, match=said):
        cluster.reset(0)


def test_an_address_where_nothing_listens_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False))
    monkeypatch.setitem(sys.modules, "ray.serve", SimpleNamespace())
    with socket() as taken, closing(BACKENDS["ray-rehearsal"].make(small_scenario())) as cluster:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv(ADDRESS, f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(InputError, match=r"RAY_ADDRESS=.*: no Ray cluster answers there"):
            cluster.reset(0)


def session_pids(session: int) -> list[int]:
    """The processes that have inherited a variable of this value from us."""
    mark = f"IPAGYM_TEST_SESSION={session}".encode()
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                pids.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return pids


def test_nothing_is_left_of_a_controller_that_is_told_to_end(nightly: None) -> None:
    pytest.importorskip("ray", reason="replicas on Ray Serve need the extra `ray`")
    command = [sys.executable, "-c", "from ipagym.cli import main; raise SystemExit(main())", "serve", "video"]
    options = ["--backend", "ray-rehearsal", "--agent", "static-min", "--workload", "constant:5:600", "--drain", "5"]
    environment = os.environ | {"IPAGYM_TEST_SESSION": str(os.getpid())}
    environment.pop(ADDRESS, None)
    started = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    assert started.stdout is not None
    with started.stdout as output:
        assert "arrived" in output.readline()
        assert len(session_pids(os.getpid())) > 5, "Ray has processes of its own"
        os.killpg(started.pid, signal.SIGINT)  # as a terminal does
        said = output.read()
    assert started.wait() == 0
    assert "drained" in said
    until = time.monotonic() + 20
    while session_pids(os.getpid()) and time.monotonic() < until:
        time.sleep(0.2)
    assert not session_pids(os.getpid())
