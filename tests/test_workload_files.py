"""Workload files where workloads are named: commands, scenario files, environments, manifests."""

from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree

import gymnasium as gym
import numpy as np
import pytest

import ipagym
from ipagym.bench.storage.manifest import make_manifest
from ipagym.cli import main
from ipagym.system.errors import InputError
from ipagym.workload import by_name
from ipagym.workload.opening import Opening
from ipagym.workload.statistics import description

COUNTS = "time,rps\n" + "".join(f"{i},{3 + i % 2}\n" for i in range(120))


@pytest.fixture
def counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "data" / "my löad.csv"
    path.parent.mkdir()
    path.write_text(COUNTS)
    return path


def test_a_path_is_a_workload_wherever_one_is_named(counts: Path) -> None:
    for name in (str(counts), f"trace:{counts}", "data/my löad.csv", "trace:data/my löad.csv"):
        load = ipagym.make_scenario("video", name).workload
        assert load.rates_rps(np.random.default_rng(0)).tolist() == [3.0, 4.0] * 60
    env = gym.make("ipagym/Video-v0", workload=f"{counts}?start=10&duration=60&scale=2")
    assert env.unwrapped.scenario.workload.duration_s == 60  # type: ignore[attr-defined]
    assert by_name(f"trace:{counts}?scale=2:10-70") == env.unwrapped.scenario.workload  # type: ignore[attr-defined]


def test_names_come_before_files(counts: Path) -> None:
    Path("bursty").write_text("1 2 3")
    assert by_name("bursty").name == "bursty"
    assert by_name("./bursty").duration_s == 3
    Path("mine").write_text("1 2 3")
    assert by_name("mine").duration_s == 3


def test_paths_in_a_scenario_file_count_from_its_folder(counts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = counts.parent / "mine.yaml"
    scenario.write_text(
        "pipeline: video\nworkload: my löad.csv?duration=60\n"
        "loads: {half: {workload: './my löad.csv?scale=0.5'}, none: {workload: gone.csv}}\n"
    )
    monkeypatch.chdir("/")
    assert ipagym.make_scenario(str(scenario)).workload.duration_s == 60
    assert ipagym.make_scenario(str(scenario), "half").workload.rates_rps(np.random.default_rng(0))[0] == 1.5
    with pytest.raises(InputError, match=f"no trace file {counts.parent}/gone.csv"):
        ipagym.make_scenario(str(scenario), "none")
    with pytest.raises(InputError, match=r"no trace file my löad\.csv"):
        ipagym.make_scenario(str(scenario), "my löad.csv")


def test_the_manifest_names_the_file_by_its_hash(counts: Path) -> None:
    scenario = ipagym.make_scenario("video", str(counts))
    found = make_manifest(scenario, {}, [0], None).workload_file
    assert found == {
        "file": counts.name, "sha256": sha256(COUNTS.encode()).hexdigest(), "format": "rates by time", "rows": 120,
        "duration_s": 120, "mean_rps": 3.5, "peak_rps": 4.0,
    }  # fmt: skip
    assert make_manifest(ipagym.make_scenario("video", "constant:5"), {}, [0], None).workload_file is None


def test_the_same_content_is_the_same_task(counts: Path) -> None:
    copy = Path("my löad.csv")
    copy.write_text(COUNTS)
    other = Path("other") / copy
    other.parent.mkdir()
    other.write_text(COUNTS.replace("0,3", "0,4", 1))
    digests = [ipagym.make_scenario("video", str(path)).digest() for path in (counts, copy, other)]
    assert digests[0] == digests[1] != digests[2]


def test_a_file_that_changed_is_read_again(counts: Path) -> None:
    assert by_name(str(counts)).duration_s == 120
    counts.write_text("5 6")
    assert by_name(str(counts)).duration_s == 2


def test_the_python_interface_reads_and_cuts(counts: Path) -> None:
    load = ipagym.read_workload(counts, column="rps", start=1, duration=2, scale=10)
    assert load.rates_rps(np.random.default_rng(0)).tolist() == [40, 30]
    opening = Opening(whole=load, duration_s=1)
    assert opening.source == load.source
    assert ipagym.make_scenario("video", ipagym.read_workload(counts)).workload.duration_s == 120


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_load_is_described_and_drawn(ending: str, counts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [Path(f"{name}/load.{ending}") for name in ("one", "two")]
    for picture in pictures:
        assert main(["trace", str(counts), "--out", str(picture)]) == 0
    printed = dict(
        line.rsplit(maxsplit=1) for line in capsys.readouterr().out.splitlines() if not line.startswith("load")
    )
    assert (printed["seconds"], printed["requests"], printed["mean rps"], printed["peak rps"]) == (
        "120",
        "420",
        "3.5",
        "4",
    )
    assert printed["sha256:"] == sha256(COUNTS.encode()).hexdigest()
    assert pictures[0].read_bytes() == pictures[1].read_bytes()
    assert [path.name for path in pictures[0].parent.iterdir()] == [pictures[0].name]
    if ending == "svg":
        assert ElementTree.parse(pictures[0]).getroot().tag.endswith("svg")
    else:
        assert pictures[0].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "arguments",
    [("nowhere.csv",), ("brusty",), ("bursty", "--out", "x.gif"), ("bursty", "--seed", "-1"),
     ("constant:5", "--trace", "x"), ("bursty", "--out", "data/my löad.csv/x.svg")],
)  # fmt: skip
def test_what_cannot_be_described_is_refused(
    arguments: tuple[str, ...], counts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", *arguments]) == 2
    output = capsys.readouterr()
    assert output.err.startswith("ipagym: error: ")
    assert (output.err.count("\n"), output.out) == (1, "")


def test_descriptions_follow_their_definitions() -> None:
    rates = np.array([0.0, 4.0] * 100)
    found = description(rates)
    assert found["seconds"] == 200
    assert found["requests"] == 400
    assert found["peak / mean"] == 2
    assert found["index of dispersion, 1 s"] == 4 / 2
    assert found["index of dispersion, 10 s"] == 0  # every ten seconds have the same
    assert found["autocorrelation 1 s"] == pytest.approx(-1)
    poisson = np.random.default_rng(0).poisson(20, 200_000).astype(float)
    assert description(poisson)["index of dispersion, 10 s"] == pytest.approx(1, abs=0.03)
    assert description(np.zeros(3))["peak rps"] == 0
