"""The command line: what bad input gives, and what the commands print and write."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

import ipagym
from ipagym.cli import main

SHORT = ("--duration", "60", "--agents", "static-min,random", "--workers", "1")
HEAVY = ("torch", "stable_baselines3", "mip", "matplotlib", "pandas", "numba")

BAD_INPUT = {
    "no command": (),
    "unknown command": ("comparre",),
    "unknown option": ("compare", "video", "--sed", "3"),
    "no pipeline": ("compare",),
    "unknown pipeline": ("compare", "vidoe"),
    "missing profile file": ("compare", "nowhere.yaml"),
    "unknown workload": ("compare", "video", "--workload", "burst"),
    "unknown agent": ("compare", "video", "--agents", "ipaa"),
    "no agents": ("compare", "video", "--agents", ","),
    "agent twice": ("compare", "video", "--agents", "random,random"),
    "agent without its argument": ("compare", "video", "--agents", "ppo"),
    "missing checkpoint": ("compare", "video", "--agents", "ppo:nowhere"),
    "no seeds": ("compare", "video", "--seeds", "0"),
    "negative seeds": ("compare", "video", "--seeds", "-1"),
    "too many seeds": ("compare", "video", "--seeds", "1000000000"),
    "seeds not a number": ("compare", "video", "--seeds", "three"),
    "negative first seed": ("compare", "video", "--seed0", "-1"),
    "slo of zero": ("compare", "video", "--slo", "0"),
    "negative slo": ("compare", "video", "--slo", "-1"),
    "slo not a number": ("compare", "video", "--slo", "nan"),
    "endless slo": ("compare", "video", "--slo", "inf"),
    "interval not a number": ("compare", "video", "--interval", "nan"),
    "interval too long": ("compare", "video", "--interval", "1e9"),
    "duration of zero": ("compare", "video", "--duration", "0"),
    "duration too long": ("compare", "video", "--duration", "1000000000"),
    "two forms of output": ("compare", "video", "--json", "--csv"),
    "sorted by no column": ("compare", "video", "--sort", "rewards"),
    "sorted by what only the clairvoyant gives": ("compare", "video", *SHORT, "--sort", "-regret"),
    "list sorted by no column": ("list", "--sort", "speed"),
    "no workers": ("compare", "video", *SHORT[:4], "--workers", "0"),
    "missing trace": ("compare", "video", "--trace", "nowhere.pbz2"),
    "trace of another load": ("compare", "video", "--workload", "constant:5", "--trace", "a_file"),
    "trace of a load that is one": ("compare", "video", "--workload", "trace:a_file", "--trace", "a_file"),
    "trace of a scenario without one": ("compare", "sponge", "--trace", "a_file"),
    "unknown arrivals": ("compare", "video", "--arrivals", "poison"),
    "forecast: trace of another load": ("forecast", "constant:5,twitter-like", "--trace", "a_file"),
    "training: trace of another load": ("train", "video", "--workload", "twitter-like", "--trace", "a_file"),
    "special file as a network": ("compare", "net.yaml"),
    "out is a file": ("compare", "video", *SHORT, "--out", "a_file"),
    "training: no steps": ("train", "video", "--steps", "0"),
    "training: negative seed": ("train", "video", "--seed", "-1"),
    "training: unknown pipeline": ("train", "vidoe"),
    "training: nothing to resume": ("train", "video", "--resume", "--out", "nowhere"),
}


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("argv", BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_gives_one_line_and_exit_code_2(
    argv: tuple[str, ...], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a_file").touch()
    (tmp_path / "net.yaml").write_text("pipeline: video\nnetwork: {name: 'trace:/proc/self/mem'}\n")
    assert main(argv) == 2
    output = capsys.readouterr()
    assert output.err.startswith("ipagym: error: ")
    assert output.err.count("\n") == 1
    assert output.out == ""
    assert {path.name for path in tmp_path.iterdir()} == {"a_file", "net.yaml"}


def test_unknown_name_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", "vidoe"])
    assert "'video'" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["compare"], ["train"], ["list"]])
def test_help_is_printed(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"ipagym {ipagym.__version__}\n"


def test_help_imports_nothing_heavy() -> None:
    code = f"import sys; from ipagym.cli import main; main(['--help']); print(set(sys.modules) & set({HEAVY!r}))"
    root = Path(ipagym.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.splitlines()[-1] == "set()"


def test_list_names_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("video", "bursty", "ipa", "hpa", "ppo:PATH", "ramp:A:B", "ipa[:SOLVER"))
    assert main(["list", "--agents"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("autoscalers", "knative", "mark", "clairvoyant", "vpa[:TIME_SCALE]"))


MANIFEST = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
spec: {scaleTargetRef: {kind: Deployment, name: video}, maxReplicas: 3}
"""


def test_a_manifest_is_compared_and_its_agent_says_what_it_keeps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "hpa.yaml").write_text(MANIFEST)
    agents = ["--agents", "hpa,clairvoyant,fa2-high@b=2"]
    short = ["--seeds", "1", "--duration", "60", "--out", "a", "--manifest", "hpa.yaml", "--lag", "10"]
    assert main(["compare", "video", *agents, *short]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "hpa.yaml" in printed
    assert "regret" in printed
    assert "kept variant yolov5n + resnet18, batch 1 + 1: hpa.yaml" in printed
    assert "kept variant yolov5l + resnet101, batch 2 + 2: fa2-high@b=2" in printed


def test_forecasters_are_scored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forecast", "constant:9:300,spike:5:30:600", "--forecasters", "reactive,quantile", "--out", "f"]) == 0
    assert "pinball" in capsys.readouterr().out
    scores = pd.read_csv(tmp_path / "f/scores.csv")
    assert scores.loc[scores["forecaster"] == "oracle", "smape_percent"].tolist() == [0.0, 0.0]
    assert (tmp_path / "f/forecasts.png").stat().st_size > 10_000
    assert main(["forecast", "constant:9:100", "--forecasters", "reactive"]) == 2
    assert main(["forecast", "bursty", "--forecasters", "reactiv"]) == 2


def test_compare_twice_gives_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for out in ("a", "b"):
        assert main(["compare", "video", *SHORT, "--seeds", "2", "--out", out]) == 0
    assert (tmp_path / "a/windows.parquet").read_bytes() == (tmp_path / "b/windows.parquet").read_bytes()
    assert "static-min" in capsys.readouterr().out


def test_results_go_to_a_folder_of_the_scenario_by_default(tmp_path: Path) -> None:
    assert main(["compare", "video", *SHORT, "--seeds", "1"]) == 0
    assert main(["compare", "video", *SHORT, "--seeds", "1", "--slo", "20"]) == 0
    folders = sorted((tmp_path / "results").iterdir())
    assert len(folders) == 2
    assert all(folder.name.startswith("video-bursty-") for folder in folders)


def test_other_results_are_not_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "video", *SHORT, "--seeds", "1", "--out", "run"]) == 0
    assert main(["compare", "video", *SHORT, "--seeds", "1", "--out", "run", "--slo", "20"]) == 2
    assert "choose another --out" in capsys.readouterr().err


def test_interruption_gives_130_and_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ipagym.bench.comparison.running.run_job", stop)
    assert main(["compare", "video", *SHORT, "--seeds", "1", "--out", "run"]) == 130
    error = capsys.readouterr().err
    assert "interrupted: 0 of 2 episodes are kept in run" in error
    assert "Traceback" not in error


def test_the_table_and_the_files_name_the_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts = tmp_path / "counts.txt"
    counts.write_text(" ".join(["3", "4"] * 60))
    loads = {
        "bursty": "bursty, the first 60 s of: generated in the likeness of the trace's window; uniform arrivals",
        f"trace:{counts}": "trace counts.txt 0-120, the first 60 s of: counts.txt read as counts: 120 rows, 120 s, "
        "mean 3.5 rps, peak 4 rps; uniform arrivals",
    }
    for load, words in loads.items():
        command = [
            "compare",
            "video",
            *SHORT,
            "--seeds",
            "1",
            "--workload",
            load,
            "--arrivals",
            "uniform",
            "--out",
            load[:5],
        ]
        assert main(command) == 0
        assert f"load: {words}" in " ".join(capsys.readouterr().out.split())
        assert set(pd.read_csv(tmp_path / load[:5] / "summary.csv")["load"]) == {words}
    arrivals = pd.read_parquet(tmp_path / "trace" / "windows.parquet")["arrivals"]
    assert set(arrivals) == {35}
    written = json.loads((tmp_path / "trace" / "manifest.json").read_text())["workload_file"]
    assert written["sha256"] == sha256(counts.read_bytes()).hexdigest()
    assert json.loads((tmp_path / "burst" / "manifest.json").read_text())["workload_file"] is None
