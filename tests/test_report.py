"""The data of the report against what the comparison says, its size, and what it refuses."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ipagym import Comparison, InputError, load_results
from ipagym.bench.comparison.bins import MOST_POINTS, Bins
from ipagym.bench.report import bundles
from ipagym.bench.report.content import content
from ipagym.bench.report.differences import METRICS
from ipagym.bench.report.folders import read_tasks
from ipagym.bench.report.latencies import LEVELS
from ipagym.bench.report.numbers import short
from ipagym.bench.report.page import page
from ipagym.bench.report.profiles import profiles, scores
from ipagym.cli import main
from tests.result_folders import STAGES, Size, write_results

AGENTS = ("ipa", "static:best", "clairvoyant", "</script><b>own</b>")
LIMIT_BYTES = 8_000_000
LATENCIES_BYTES = 4 * 40 * len(LEVELS) * 8
"""Quantiles of agents that the large comparison has none of, eight characters each."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tasks, of which the second has fewer agents."""
    made = tmp_path_factory.mktemp("results")
    write_results(made / "first", AGENTS)
    write_results(made / "second", AGENTS[:3])
    return made


def test_one_file_that_asks_for_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("plotly", reason="the report needs plotly")
    assert main(["report", str(folder)]) == 0
    assert "report.html" in capsys.readouterr().out
    text = (folder / "report.html").read_text()
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["agents"] == list(AGENTS)
    outside = text.replace(data[0], "").replace(bundles.read_bundles().plotly, "")
    assert not re.search(r'(src|href)="(https?:)?//', outside)
    assert outside.count("&lt;/script&gt;&lt;b&gt;own") == outside.count("own&lt;/b&gt;") > 0


def test_a_single_comparison_is_a_report_of_one_task(folder: Path) -> None:
    assert list(read_tasks(folder)) == ["first", "second"]
    assert list(read_tasks(folder / "first")) == ["first"]


def test_differences_are_those_of_the_comparison(folder: Path) -> None:
    found = load_results(folder / "first")
    stored = content({"first": found})["tasks"][0]["differences"]
    pairs = [(later, earlier) for later in range(len(AGENTS)) for earlier in range(later)]
    for at, (later, earlier) in enumerate(pairs):
        expected = found.paired(AGENTS[later], AGENTS[earlier]).astype(float)
        for metric in METRICS:
            assert stored[metric]["mean"][at] == short(expected["difference"].to_dict()[metric])
            assert stored[metric]["ci95"][at] == short(expected["ci95"].to_dict()[metric])


def test_quantiles_are_those_of_the_requests(folder: Path) -> None:
    found = load_results(folder / "first")
    stored = content({"first": found})["tasks"][0]["latency_s"]
    requests = found.requests()
    own = requests.loc[requests["agent"] == "ipa", "latency_s"]
    assert len(own) == 3 * 12 * 20
    assert stored[0] == [short(float(np.quantile(own, level))) for level in LEVELS]


def test_without_files_of_episodes_there_are_no_latencies(tmp_path: Path) -> None:
    write_results(tmp_path / "run", AGENTS[:2], Size(seeds=1))
    for path in (tmp_path / "run" / "episodes").iterdir():
        path.unlink()
    task = content(read_tasks(tmp_path))["tasks"][0]
    assert task["latency_s"] == [None, None]
    assert task["differences"]["reward"]["ci95"] == [None]


def test_a_timeline_says_what_the_windows_say(folder: Path) -> None:
    found = load_results(folder / "first")
    drawn = content({"first": found})["tasks"][0]["timeline"]
    rows = found.windows.query("seed == 0 and agent == 'ipa'")
    assert drawn["start_s"] == rows["start_s"].tolist()
    assert drawn["end_s"] == 120
    own = drawn["agents"][0]
    assert own["latency"] == [short(each) for each in rows["latency_p99_s"]]
    assert own["late"] == [short(100 * each) for each in rows["violation_rate"]]
    for stage, seen in zip(STAGES, own["stages"], strict=True):
        numbers = [seen["changes"][sum(at <= window for at, _ in seen["changes"]) - 1][1][0] for window in range(12)]
        assert [seen["variants"][number] for number in numbers] == rows[f"{stage}.variant"].tolist()


def test_windows_are_put_together_where_there_are_more_than_points() -> None:
    bins = Bins(MOST_POINTS * 2 + 1)
    values = list(range(MOST_POINTS * 2 + 1))
    assert len(bins.starts) <= MOST_POINTS
    assert bins.most_of(values)[:2].tolist() == [2, 5]
    assert bins.total(values).sum() == sum(values)


def test_scores_are_nought_and_one_at_the_two_references(folder: Path) -> None:
    table, scale = scores(load_results(folder / "first").episodes)
    assert scale[1] == "clairvoyant"
    assert table.loc[scale[0]].mean() == pytest.approx(0)
    assert table.loc[scale[1]].mean() == pytest.approx(1)


def test_a_profile_is_the_share_of_runs_above_a_level(folder: Path) -> None:
    episodes = {name: task.episodes for name, task in read_tasks(folder).items()}
    found = profiles(episodes, AGENTS)
    own = [np.asarray(scores(each)[0].loc["ipa"]).tolist() for each in episodes.values()]
    for level, share in zip(found["levels"], found["shares"][0], strict=True):
        assert share == short(sum(sum(run > level for run in runs) / len(runs) for runs in own) / 2)
    assert found["tasks"] == [2, 2, 2, 1]


def test_a_large_one_stays_small(folder: Path, tmp_path: Path) -> None:
    """40 agents on 4 tasks under one seed: more seeds change means and differences, and do not add any."""
    pytest.importorskip("plotly", reason="the report needs plotly")
    size = Size(windows=MOST_POINTS, seeds=1, steps_between_changes=2)
    write_results(tmp_path / "task", [str(number) for number in range(8)], size)
    one = _five_times(load_results(tmp_path / "task"))
    assert len(one.summaries) == 40
    text = page("large", {f"task-{number}": one for number in range(4)})
    assert len(text.encode()) + LATENCIES_BYTES < LIMIT_BYTES


def _five_times(found: Comparison) -> Comparison:
    """The same results under five names for each agent."""

    def named(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([frame.assign(agent=f"agent-{copy}-" + frame["agent"]) for copy in range(5)])

    summaries = [replace(each, agent=f"agent-{copy}-{each.agent}") for copy in range(5) for each in found.summaries]
    return replace(found, summaries=tuple(summaries), episodes=named(found.episodes), windows=named(found.windows))


@pytest.mark.parametrize("missing", ["plotly", "itables", "jinja2"])
def test_a_missing_extra_is_one_line(
    missing: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, missing, None)
    assert main(["report", str(folder)]) == 2
    assert capsys.readouterr().err == f"ipagym: error: {bundles.REMEDY}\n"


def test_agents_that_failed_are_named_with_the_reason(tmp_path: Path) -> None:
    pytest.importorskip("plotly", reason="the report needs plotly")
    write_results(tmp_path / "run", AGENTS[:2], Size(seeds=1))
    found = load_results(tmp_path / "run")
    failed = replace(found, manifest=replace(found.manifest, failed={"bad<i>": "it returned None"}))
    text = page("one", {"run": failed})
    assert "<b>bad&lt;i&gt;</b> failed on run, and is in no table: it returned None" in text


def test_a_folder_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no manifest\.json"):
        read_tasks(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        read_tasks(tmp_path / "nothing")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text("{}")
    with pytest.raises(InputError, match="is not a manifest"):
        read_tasks(tmp_path)
