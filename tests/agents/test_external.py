"""Agents of the user's own: by import path, and by the entry points of installed packages."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import ipagym
from ipagym.agents import make_agent
from ipagym.agents.wrappers.pinned import Pinned
from ipagym.cli import main
from ipagym.envs import make_scenario
from ipagym.system.errors import InputError

MODULE = '''
from dataclasses import replace
from ipagym import Configuration
from own_rules import REPLICAS

class Mine:
    """Always so many replicas."""
    def __init__(self, gain=0.5):
        self.gain = gain
    def reset(self, pipeline, limits, rng):
        pass
    def decide(self, window):
        return Configuration(tuple(setting.turned(replicas=REPLICAS) for setting in window.configuration.stages))

class ForScenario(Mine):
    def __init__(self, scenario):
        self.seconds = scenario.workload.duration_s

class Outer:
    Inner = Mine

class NoAgent:
    def reset(self, pipeline, limits, rng):
        pass

class Needy(Mine):
    def __init__(self, first, second):
        pass

class Failing(Mine):
    def __init__(self):
        raise OSError("no such\\nthing")

def made():
    return Mine(0.7)

def made_for(scenario):
    return ForScenario(scenario)

class ipa(Mine):
    pass

ready = Mine(0.9)
NUMBER = 5
'''

SHORT = ["--duration", "60", "--seeds", "1", "--workers"]


@pytest.fixture(autouse=True)
def _own_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    write(replicas=3)
    yield
    forget()


def write(replicas: int) -> None:
    Path("own_agents.py").write_text(MODULE)
    Path("own_rules.py").write_text(f"REPLICAS = {replicas}\n")
    forget()


def forget() -> None:
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]
    importlib.invalidate_caches()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("Mine", {"gain": 0.5}),
        ("ForScenario", {"seconds": 60}),
        ("Outer.Inner", {"gain": 0.5}),
        ("made", {"gain": 0.7}),
        ("made_for", {"seconds": 60}),
        ("ready", {"gain": 0.9}),
    ],
)
def test_a_class_a_function_and_an_object_are_agents(name: str, settings: dict[str, object]) -> None:
    scenario = make_scenario("video", "constant:5:60")
    agent, other = (make_agent(f"own_agents:{name}", scenario) for _ in range(2))
    assert vars(agent) == settings
    assert agent is not other


def test_pins_are_put_around_it() -> None:
    agent = make_agent("own_agents:Mine@n=2/b=2", make_scenario("video", "constant:5:60"))
    assert isinstance(agent, Pinned)
    assert type(agent.agent).__name__ == "Mine"


def test_the_catalogue_comes_first() -> None:
    Path("hpa.py").write_text(MODULE)
    with pytest.raises(InputError, match="must be a number"):
        make_agent("hpa:Mine", make_scenario("video"))


WRONG = {
    "own_agnets:Mine": "unknown agent 'own_agnets', and no module of that name: did you mean 'own_agents'?",
    "elsewhere:Mine": "unknown agent 'elsewhere', and no module of that name: put elsewhere.py into the working folder",
    "hpb:0": "unknown agent 'hpb': did you mean 'hpa'?",
    "ipb:Mine": "unknown agent 'ipb', and no module of that name: did you mean 'ipa'?",
    "own_agents:Mien": "in module own_agents there is no 'Mien': did you mean 'Mine'?",
    "own_agents:Mine.Inner": "in module own_agents there is no 'Mine.Inner': choose one of: ",
    "own_agents:": "unknown agent 'own_agents': choose one of",
    "own_agents": "agent own_agents is a module: name what makes an agent there, as in own_agents:MyAgent",
    "nothing": "unknown agent 'nothing': choose one of",
    "own_agents:NoAgent": "own_agents:NoAgent is no agent: NoAgent lacks decide; give a class, function or object with",
    "own_agents:NUMBER": "own_agents:NUMBER is no agent: int lacks reset and decide",
    "own_agents:Needy": "agent own_agents:Needy needs 2 arguments: it may take none, or the scenario",
    "own_agents:Failing": "agent own_agents:Failing cannot be made: OSError: no such\\nthing (own_agents.py, line",
    "own_broken:Mine": "agent own_broken:Mine: own_broken cannot be imported: ZeroDivisionError: division by zero (own",
    "own_syntax:Mine": "agent own_syntax:Mine: own_syntax cannot be imported: SyntaxError: ",
    "own_leaving:Mine": "agent own_leaving:Mine: own_leaving cannot be imported: SystemExit: 3 (own_leaving.py",
    "own_missing:Mine": "own_missing cannot be imported: ModuleNotFoundError: No module named 'not_there' (own_m",
    "own_agents.more:Mine": "unknown agent 'own_agents.more', and no module of that name",
    "own_agents:Mine@n=x": "pinned knobs are",
}


@pytest.mark.parametrize("spec", WRONG)
def test_what_cannot_be_used_is_told_in_one_line(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("own_broken.py").write_text("1 / 0")
    Path("own_syntax.py").write_text("class class")
    Path("own_leaving.py").write_text("import sys\nsys.exit(3)")
    Path("own_missing.py").write_text("import not_there")
    assert main(["compare", "video", "--agents", f"hold,{spec}", *SHORT, "1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("ipagym: error: ")
    assert said.count("\n") == 1
    assert WRONG[spec] in said
    assert not Path("results").exists()


def replicas(out: str) -> dict[str, int]:
    windows = pd.read_parquet(Path(out) / "windows.parquet")
    return {str(agent): int(rows["crop.replicas"].max()) for agent, rows in windows.groupby("agent")}


def test_it_is_compared_in_a_process_of_its_own_and_run_again_when_its_code_changes() -> None:
    command = ["compare", "video", "--agents", "hold,own_agents:Mine,own_agents:Mine@n=2", *SHORT, "1", "--out", "out"]
    assert main(command) == 0
    assert replicas("out") == {"hold": 1, "own_agents:Mine": 3, "own_agents:Mine@n=2": 2}
    written = {path: path.stat().st_mtime_ns for path in Path("out/episodes").glob("*.parquet")}
    assert main(command) == 0
    assert {path: path.stat().st_mtime_ns for path in written} == written, "what is there is not run again"
    write(replicas=4)
    assert main(command) == 0
    assert replicas("out")["own_agents:Mine"] == 4, "a module that it imports has changed"
    again = {path.name.split("_")[0] for path in written if path.stat().st_mtime_ns != written[path]}
    assert again == {"own"}


def installed(folder: Path, *entries: str) -> None:
    """An installed package with these entry points."""
    metadata = folder / "own_package-1.2.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: own-package\nVersion: 1.2\n")
    (metadata / "entry_points.txt").write_text("\n".join(["[ipagym.agents]", *entries]))


def test_agents_of_installed_packages_have_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = ("steady = own_agents:Mine", "hpa = own_agents:Mine", "gone = own_gone:Mine", "bare = own_agents")
    installed(tmp_path / "site", *entries)
    sys.path.insert(0, str(tmp_path / "site"))
    scenario = make_scenario("video", "constant:5:60")
    assert type(make_agent("steady", scenario)).__name__ == "Mine"
    assert type(make_agent("steady@n=2", scenario)) is Pinned
    assert type(make_agent("hpa", scenario)).__name__ != "Mine", "the catalogue comes first"
    for spec, said in {
        "steady:1": "agent steady takes no argument",
        "stedy": "unknown agent 'stedy': did you mean 'steady'?",
        "gone": "no module of that name",
        "bare": "in module own_agents there is no",
    }.items():
        with pytest.raises(InputError, match=said):
            make_agent(spec, scenario)
    monkeypatch.setenv("COLUMNS", "200")
    for flags in ([], ["--agents"]):
        assert main(["list", *flags]) == 0
        assert "own-package 1.2: own_agents:Mine" in " ".join(capsys.readouterr().out.split())
    assert main(["compare", "video", "--agents", "steady,hold", *SHORT, "1", "--out", "out"]) == 0
    assert replicas("out") == {"hold": 1, "steady": 3}
    marks = json.loads(Path("out/manifest.json").read_text())["fingerprints"]
    assert "own-package 1.2" in marks["steady"]


def test_from_an_empty_folder_in_several_processes(tmp_path: Path) -> None:
    """As a user calls it: the module lies in the working folder, which is not on the path."""
    agents = "hold,own_agents:Mine,own_agents:ready,own_agents:made_for@b=2"
    arguments = ["compare", "video", "--agents", agents, *SHORT, "2", "--out", "out"]
    command = [sys.executable, "-P", "-c", "import sys; from ipagym.cli import main; sys.exit(main(sys.argv[1:]))"]
    environment = os.environ | {"PYTHONPATH": str(Path(ipagym.__file__).parents[1])}
    done = subprocess.run([*command, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert replicas("out") == {"hold": 1, **dict.fromkeys(agents.split(",")[1:], 3)}
