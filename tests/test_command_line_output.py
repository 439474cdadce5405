"""What the command line prints for programs, and what the folders of results say about themselves."""

import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer.main

import ipagym
from ipagym.bench.storage.manifest import FILE_NAME, make_manifest
from ipagym.bench.storage.readme import write_readme
from ipagym.cli import app, main
from ipagym.cli.examples import EXAMPLES
from ipagym.cli.output import csv_of, json_of, ordered
from ipagym.system.command_line import command_line, running

SHORT = ["--duration", "60", "--agents", "static-min,random", "--workers", "1", "--seeds", "2"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command, those below others too, as click has them."""
    root: Any = typer.main.get_command(app)
    for name, command in root.commands.items():
        below = getattr(command, "commands", None)
        yield from ((f"{name} {inner}", each) for inner, each in below.items()) if below else [(name, command)]


def test_every_command_has_an_example_that_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    found = dict(commands())
    assert set(found) == set(EXAMPLES)
    for name, command in found.items():
        assert main([*name.split(), "--help"]) == 0
        printed = " ".join(capsys.readouterr().out.split())
        for example in EXAMPLES[name]:
            assert f"ipagym {example}" in printed
            command.make_context(name, shlex.split(example.removeprefix(name)))  # raises where an option is wrong


def test_json_and_csv_are_all_that_is_printed_and_hold_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "video", *SHORT, "--out", "a", "--json", "--sort", "-cores"]) == 0
    printed = json.loads(capsys.readouterr().out)
    summary = pd.read_csv("a/summary.csv")
    assert summary["agent"].tolist() == ["static-min", "random"], "the file keeps the order of the agents"
    assert [row["agent"] for row in printed["rows"]] == ["random", "static-min"]
    assert printed["rows"][1]["reward"] == summary["reward"][0]
    assert (printed["failed"], printed["seeds"], printed["out"]) == ({}, [0, 1], "a")
    assert main(["compare", "video", *SHORT, "--out", "a", "--csv", "--sort", "cores"]) == 0
    pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(capsys.readouterr().out)), summary)
    assert main(["compare", "video", *SHORT, "--out", "a", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["compare", "video", *SHORT, "--out", "a", "--sort", "-cores"]) == 0
    table = capsys.readouterr().out
    assert 0 < table.index("random") < table.index("static-min")


def test_a_folder_names_its_files_and_the_same_run_gives_the_same_bytes() -> None:
    assert main(["compare", "video", *SHORT, "--out", "a"]) == 0
    assert main(["compare", "video", *SHORT, "--out", "b", "--quiet", "--backend", "simpy"]) == 0
    readme = Path("a/README.md").read_text()
    for path in Path("a").iterdir():
        is_told = path.name.startswith(".") or path.name == "README.md"
        assert is_told or f"| `{path.name}{'/' if path.is_dir() else ''}` |" in readme
    for name in ("README.md", "windows.parquet", "episodes.parquet", "timeline.png"):
        assert Path("a", name).read_bytes() == Path("b", name).read_bytes(), name
    first, second = (pd.read_csv(f"{folder}/summary.csv") for folder in "ab")
    differs = {name for name in first if not first[name].equals(second[name])}
    assert differs <= {"decision_ms", "decision_ms_ci95"}
    manifests = [json.loads(Path(folder, FILE_NAME).read_text()) for folder in "ab"]
    changed = {name for name in manifests[0] if manifests[0][name] != manifests[1][name]}
    assert changed == {"command", "backend"}
    assert manifests[0]["command"] == shlex.join(["ipagym", "compare", "video", *SHORT, "--out", "a"])
    assert [each["backend"] for each in manifests] == ["compiled", "simpy"]
    assert {"numba", "highsbox", "torch", "stable-baselines3"} <= set(manifests[0]["packages"])
    assert manifests[0]["load_origin"].endswith("generated in the likeness of the trace's window")


def test_the_manifest_has_objective_faults_network_and_the_hash_of_recorded_rates() -> None:
    Path("counts.txt").write_text("3 4 " * 60)
    scenario = ipagym.make_scenario("sponge", "counts.txt", objective={"alpha": 7.0}, faults="usual")
    made = make_manifest(scenario.opening(100), {}, [0], None)
    assert made.objective is not None
    assert made.faults is not None
    assert made.network is not None
    assert (made.objective["alpha"], made.faults["straggler"], made.network["kind"]) == (7.0, 0.01, "FourG")
    assert made.load_digest == scenario.workload.digest  # type: ignore[attr-defined]
    assert made.load_origin == f"the first 100 s of: {scenario.workload.origin}"  # type: ignore[attr-defined]
    assert made.command is None
    Path("link.txt").write_text("3.5 4.5")
    behind = ipagym.make_scenario("sponge", "constant:5:100", network={"name": f"trace:{Path.cwd() / 'link.txt'}"})
    link = make_manifest(behind, {}, [0], None).network
    assert link is not None
    assert link["name"] == "link.txt"
    assert "values" not in link
    assert make_manifest(behind, {}, [0], None).load_digest is None


def test_the_command_is_known_while_it_runs_only() -> None:
    with running("ipagym", ["compare", "a b.yaml"]):
        assert command_line() == "ipagym compare 'a b.yaml'"
    assert command_line() is None


def test_a_readme_is_a_list_of_facts_and_files(tmp_path: Path) -> None:
    write_readme(tmp_path, "A run", {"seed": "3"}, {"scores.csv": "a row per load"})
    lines = (tmp_path / "README.md").read_text().splitlines()
    assert lines == ["# A run", "", "- seed: 3", "", "| file | what it holds |", "|---|---|",
                     "| `scores.csv` | a row per load |"]  # fmt: skip


def test_list_prints_json_and_csv_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["kind"] for row in rows} == {"scenario", "workload", "agent", "faults"}
    assert all(row["name"] and row["description"] for row in rows)
    assert main(["list", "--agents", "--csv", "--sort", "-agent"]) == 0
    names = pd.read_csv(io.StringIO(capsys.readouterr().out))["agent"].tolist()
    assert names == sorted(names, reverse=True)
    assert {row["name"] for row in rows if row["kind"] == "agent"} == set(names)


def test_rows_without_a_number_come_last_and_are_null() -> None:
    frame = pd.DataFrame({"agent": ["x", "y", "z"], "p99": [float("nan"), 2.0, 1.0], "pareto": [True, False, True]})
    for by, agents in (("p99", ["z", "y", "x"]), ("-p99", ["y", "z", "x"]), (None, ["x", "y", "z"])):
        assert ordered(frame, by)["agent"].tolist() == agents
    assert json.loads(json_of(frame))[0] == {"agent": "x", "p99": None, "pareto": True}
    assert csv_of(frame).splitlines()[1:] == ["x,,True", "y,2.0,False", "z,1.0,True"]


def test_the_shell_is_told_the_commands() -> None:
    asked = {"_IPAGYM_COMPLETE": "complete_bash", "COMP_WORDS": "ipagym comp", "COMP_CWORD": "1"}
    code = "import sys; from ipagym.cli import main; sys.exit(main())"
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | asked | path)
    assert done.stdout.split() == ["compare"]
