"""docs/results.md has every column of every file of results, and none that is not there."""

import re
from pathlib import Path

import pandas as pd
import pytest

import ipagym

ROOT = Path(__file__).parent.parent
CI = "_ci95"


def documented(title: str) -> set[str]:
    """The columns of the tables below a heading."""
    text = (ROOT / "docs" / "results.md").read_text()
    section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert section, f"docs/results.md has no section {title}"
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> ipagym.Comparison:
    out = tmp_path_factory.mktemp("results") / "out"
    scenario = ipagym.make_scenario("video", "constant:2:60")
    return ipagym.compare(scenario, ["static-min", "clairvoyant"], seeds=2, out=out)


def generic(frame: pd.DataFrame) -> set[str]:
    return {re.sub(r"^\w+\.", "STAGE.", str(name)) for name in frame.columns}


def test_windows(found: ipagym.Comparison) -> None:
    assert generic(found.windows) == documented("windows.parquet")


def test_files_of_episodes(found: ipagym.Comparison) -> None:
    frame = pd.read_parquet(next((found.out / "episodes").glob("*.parquet")))
    assert generic(frame) - generic(found.windows) == documented("episodes/AGENT-SEED.parquet")


def test_episodes(found: ipagym.Comparison) -> None:
    assert set(found.episodes.columns) - {"agent", "seed"} == documented("episodes.parquet")


def test_the_summary(found: ipagym.Comparison) -> None:
    means = {name for name in pd.read_csv(found.out / "summary.csv").columns if not name.endswith(CI)} - {"agent"}
    assert means == documented("summary.csv") | documented("episodes.parquet")


def test_timings(found: ipagym.Comparison) -> None:
    assert set(found.timings.columns) - {"agent", "seed", "window"} == documented("timings.parquet")


def test_requests_are_those_of_the_windows(found: ipagym.Comparison) -> None:
    requests = found.requests()
    assert list(requests.columns) == ["agent", "seed", "window", "latency_s"]
    counted = requests.groupby(["agent", "seed", "window"], observed=True).size()
    windows = found.windows.set_index(["agent", "seed", "window"])["completed"]
    assert counted.to_dict() == windows[windows > 0].to_dict()
