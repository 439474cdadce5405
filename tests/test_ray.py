"""Comparisons on a real Ray cluster of this machine: the same results, and the same reasons where an agent fails."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from socket import socket
from types import SimpleNamespace

import pytest

from ipagym.agents.contestants import check_importable, contestants
from ipagym.bench.comparison import on_ray
from ipagym.bench.comparison.on_ray import OnRay, chosen
from ipagym.envs.scenarios import make_scenario
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration
from ipagym.model.window import Window
from ipagym.system.errors import InputError, IpagymError
from tests.comparing import compare
from tests.test_bench import SCENARIO, ScriptedCluster, one, two
from tests.test_fence import BAD, FENCE, GOOD, KILLED, Does

PATIENT = replace(FENCE, decision_s=9.0)


@pytest.fixture(scope="module")
def ray() -> Iterator[OnRay]:
    pytest.importorskip("ray")
    with chosen("local", 2) as cluster:
        assert cluster is not None
        yield cluster


def killing_once(marker: Path) -> Agent:
    """An agent that kills the Ray worker above its own process, the first time."""

    def deed(window: Window) -> Configuration:
        if not marker.exists():
            marker.touch()
            os.kill(os.getppid(), signal.SIGKILL)
        return window.configuration

    return Does(deed)


@pytest.mark.skipif(sys.platform == "win32", reason="knows no SIGKILL")
def test_bad_agents_cost_their_own_cells_and_a_lost_ray_worker_costs_none(ray: OnRay, tmp_path: Path) -> None:
    bad: dict[str, Callable[[], Agent]] = {name: make for name, (make, _) in (BAD | KILLED).items()}
    good: dict[str, Callable[[], Agent]] = {"kills": partial(killing_once, tmp_path / "marker"), **GOOD}
    found = compare(
        SCENARIO, bad | good, seeds=[3], out=tmp_path / "ray", make_cluster=ScriptedCluster, executor=ray, fence=PATIENT
    )
    assert (tmp_path / "marker").exists()
    compare(SCENARIO, good, seeds=[3], out=tmp_path / "alone", make_cluster=ScriptedCluster)
    assert set(found.manifest.failed) == set(bad)
    for name, (_, reason) in (BAD | KILLED).items():
        assert found.manifest.failed[name].startswith(reason.replace("within 3 s", "within 9 s")), name
    for name in ("windows.parquet", "episodes.parquet"):
        assert (tmp_path / "ray" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def test_another_ipagym_there_is_refused(ray: OnRay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "package_mark", lambda: "another")
    with pytest.raises(IpagymError, match="ipagym installed there differs from the one here: install the same version"):
        compare(SCENARIO, {"two": two}, seeds=[0], out=tmp_path, make_cluster=ScriptedCluster, executor=ray)


def test_without_ray_one_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    said = r"--ray needs Ray: install it with `pip install 'ipagym\[ray\]'`"
    with pytest.raises(InputError, match=said), chosen("local", 1):
        raise AssertionError("unreachable")


@pytest.mark.parametrize("form", ["127.0.0.1:{}", "ray://127.0.0.1:{}", "127.0.0.1:9{}"])
def test_where_nothing_listens_is_said_at_once(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False))
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = form.format(taken.getsockname()[1])
        said = f"--ray {address}: no Ray cluster answers there .*: give its address or local"
        with pytest.raises(InputError, match=said), chosen(address, 1):
            raise AssertionError("unreachable")


def test_no_agent_of_the_script_itself_goes_to_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_scenario("video", "constant:40:60")
    check_importable(contestants(["hpa"], task))
    monkeypatch.setattr(one, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "one", one, raising=False)
    with pytest.raises(InputError, match="one cannot be made on another machine"):
        check_importable(contestants({"one": one}, task))
