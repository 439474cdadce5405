"""The episode runner, tables, manifest and comparisons, on a small scripted cluster."""

import json
import os
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ipagym.bench.comparison.results import Comparison
from ipagym.bench.comparison.summary import episode_metrics
from ipagym.bench.comparison.timeline import timeline
from ipagym.bench.episode import run_episode
from ipagym.bench.storage.store import Store
from ipagym.bench.storage.table import episode_frame, window_rows
from ipagym.cluster.protocol import Cluster
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Limits, StageSetting, requested_cores
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import StageWindow, Window
from ipagym.random.streams import Streams
from ipagym.system.errors import InputError, IpagymError
from ipagym.system.files import write_atomically
from ipagym.task.scenario import Scenario
from ipagym.task.workload_line import workload_line
from tests.comparing import compare
from tests.tiny import scenario as tiny_scenario
from tests.tiny import setting

SCENARIO = tiny_scenario((4.0,) * 8, setting(), setting())


@dataclass
class ScriptedCluster:
    """Serves Poisson arrivals at once; the second half of each window's requests is late with one replica."""

    scenario: Scenario
    bias: int = 0
    applied: list[Configuration] = field(default_factory=list)

    @property
    def now(self) -> float:
        return self._now

    @property
    def pipeline(self) -> Pipeline:
        return self.scenario.pipeline

    def reset(self, seed: int) -> None:
        self._now = 0.0
        self._rng = Streams.spawn(seed).arrivals
        self._configuration = self.scenario.initial
        self.applied.clear()

    def apply(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.applied.append(configuration)

    def advance(self, seconds: float) -> Window:
        start, self._now = self._now, self._now + seconds
        arrivals = int(self._rng.poisson(20)) + self.bias
        single = self._configuration.stages[0].first.replicas == 1
        late = arrivals // 2 if single else 0
        stage = StageWindow(
            queue=0, arrivals=arrivals, dropped=0, utilisation=0.5, ready=1, starting=0, pending=0, draining=0
        )
        return Window(
            start_s=start,
            end_s=self._now,
            arrivals=arrivals,
            completed=arrivals,
            dropped=0,
            violations=late,
            in_system=0,
            arrivals_per_s=np.array([arrivals]),
            latency_s=np.linspace(0.1, 2.0 if single else 0.5, arrivals),
            cores=float(requested_cores(self._configuration, self.pipeline)),
            accuracy=0.5,
            energy_j=100.0,
            stages=(stage,) * len(self.pipeline.stages),
            configuration=self._configuration,
        )

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class Constant:
    """Always asks for the same setting; told to, it stops as Ctrl-C would, or fails."""

    replicas: int = 1
    interrupt: bool = False

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        self.rng = rng

    def decide(self, window: Window) -> Configuration:
        if self.interrupt:
            raise KeyboardInterrupt
        return Configuration((StageSetting.of("small", self.replicas, 1),) * len(window.stages))


@dataclass
class Biased:
    """A cluster factory that adds one request whenever it is called a second time."""

    calls: int = 0

    def __call__(self, scenario: Scenario) -> Cluster:
        self.calls += 1
        return ScriptedCluster(scenario, bias=self.calls - 1)


def one() -> Agent:
    return Constant(1)


def two() -> Agent:
    return Constant(2)


def interrupted() -> Agent:
    return Constant(1, interrupt=True)


def unexpected() -> Agent:
    raise AssertionError("this episode was finished and must not run again")


def run(out: Path, workers: int = 1, seeds: tuple[int, ...] = (0, 1)) -> Comparison:
    return compare(
        SCENARIO, {"one": one, "two": two}, seeds=seeds, out=out, make_cluster=ScriptedCluster, workers=workers
    )


def test_episode_scores_every_window_but_the_warm_up() -> None:
    cluster = ScriptedCluster(SCENARIO)
    episode = run_episode(Constant(2), cluster, SCENARIO, 3, name="two")
    assert len(episode.windows) == SCENARIO.windows - 1 == len(episode.decision_s) == len(cluster.applied)
    assert episode.windows[0].start_s == SCENARIO.interval_s
    assert [t.switching for t in episode.terms] == [2.0] + [0.0] * (SCENARIO.windows - 2)
    assert episode.rewards[0] == SCENARIO.objective.scalar(episode.terms[0])


def test_illegal_configuration_is_refused() -> None:
    with pytest.raises(InputError, match="replicas of stage stage0"):
        run_episode(Constant(99), ScriptedCluster(SCENARIO), SCENARIO, 0)


def test_rows_carry_the_knobs_but_no_clock_time() -> None:
    row = window_rows(run_episode(Constant(2), ScriptedCluster(SCENARIO), SCENARIO, 0), SCENARIO)[0]
    assert (row["stage1.variant"], row["stage1.replicas"], row["cores"]) == ("small", 2, 4.0)
    assert not any("decision" in name for name in row)


def test_metrics_are_over_requests_not_windows() -> None:
    frame = pd.DataFrame(
        {
            "arrivals": [1, 9], "completed": [1, 9], "violations": [1, 0], "dropped": [0, 5], "pas": [0.2, 1.0],
            "cores": [2.0, 4.0], "duration_s": [1.0, 1.0], "reward": [0.0, 2.0],
            "latency_s": [[10.0], [1.0] * 9], "in_system": [4, 3],
        }
    )  # fmt: skip
    metrics = episode_metrics(frame, [0.001, 0.003, 0.002])
    assert metrics["pas_percent"] == pytest.approx(92)
    assert metrics["violation_percent"] == pytest.approx(10)
    assert metrics["drop_percent"] == pytest.approx(50)
    assert metrics["latency_p99_s"] == pytest.approx(float(np.quantile([1.0] * 9 + [10.0], 0.99)))
    assert (metrics["latency_p50_s"], metrics["cores"], metrics["reward"]) == (1.0, 3.0, 1.0)
    assert metrics["decision_ms"] == pytest.approx(2)
    assert metrics["unfinished"] == 3


def test_comparison_writes_what_its_manifest_says(tmp_path: Path) -> None:
    comparison = run(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["load"] == workload_line(SCENARIO)
    summary = pd.read_csv(tmp_path / "summary.csv").set_index("agent")
    assert set(summary["load"]) == {workload_line(SCENARIO)}
    last = comparison.windows.groupby(["agent", "seed"])["in_system"].last().groupby("agent").mean()
    assert summary["unfinished"].to_dict() == last.to_dict()
    assert manifest["windows_sha256"] == sha256((tmp_path / "windows.parquet").read_bytes()).hexdigest()
    assert manifest["scenario_hash"] == SCENARIO.digest()
    assert (manifest["agents"], manifest["seeds"]) == (["one", "two"], [0, 1])
    assert (tmp_path / "timeline.png").read_bytes().startswith(b"\x89PNG")
    assert len(pd.read_parquet(tmp_path / "timings.parquet")) == len(comparison.windows) == 2 * 2 * 7
    assert [s.agent for s in comparison.summaries if s.pareto] == ["one", "two"]
    assert not list(tmp_path.rglob("*.tmp"))


def test_same_seeds_give_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    run(tmp_path / "a")
    run(tmp_path / "b")
    run(tmp_path / "c", workers=2)
    files = ["windows.parquet", "episodes/one-0.parquet", "episodes/two-1.parquet"]
    for name in files:
        assert len({(tmp_path / folder / name).read_bytes() for folder in "abc"}) == 1


def test_agents_on_one_seed_meet_the_same_requests(tmp_path: Path) -> None:
    run(tmp_path)
    frames = [pd.read_parquet(tmp_path / "episodes" / f"{name}-1.parquet") for name in ("one", "two")]
    assert [list(a) for a in frames[0]["arrivals_per_s"]] == [list(a) for a in frames[1]["arrivals_per_s"]]


def test_different_requests_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IpagymError, match="one and two met different requests in window 0 of seed 0"):
        compare(SCENARIO, {"one": one, "two": two}, seeds=[0], out=tmp_path, make_cluster=Biased())


def test_interrupted_comparison_goes_on_where_it_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        compare(SCENARIO, {"one": one, "two": interrupted}, seeds=[0], out=tmp_path / "a", make_cluster=ScriptedCluster)
    assert "1 of 2 episodes are kept" in capsys.readouterr().err
    assert json.loads((tmp_path / "a" / "manifest.json").read_text())["windows_sha256"] is None
    compare(SCENARIO, {"one": unexpected, "two": two}, seeds=[0], out=tmp_path / "a", make_cluster=ScriptedCluster)
    run(tmp_path / "b", seeds=(0,))
    assert (tmp_path / "a/windows.parquet").read_bytes() == (tmp_path / "b/windows.parquet").read_bytes()


def test_damaged_or_outdated_episode_is_run_again(tmp_path: Path) -> None:
    store = Store(tmp_path, SCENARIO)
    store.save(run_episode(Constant(1), ScriptedCluster(SCENARIO), SCENARIO, 0, name="ppo:a/b"), "old weights")
    assert store.find("ppo:a/b", 0, "old weights") is not None
    assert store.find("ppo:a/b", 0, "new weights") is None
    assert store.find("ppo:a_b", 0, "old weights") is None
    path = store.path("ppo:a/b", 0)
    path.write_bytes(path.read_bytes()[:100])
    assert store.find("ppo:a/b", 0, "old weights") is None


def test_folder_of_another_scenario_is_refused(tmp_path: Path) -> None:
    run(tmp_path)
    other = replace(SCENARIO, interval_s=2.0)
    with pytest.raises(InputError, match="choose another --out"):
        compare(other, {"one": one}, seeds=[0], out=tmp_path, make_cluster=ScriptedCluster)


@pytest.mark.parametrize("seeds", [[], [0, 0], [-1]])
def test_unusable_seeds_are_refused(tmp_path: Path, seeds: list[int]) -> None:
    with pytest.raises(InputError, match="seed"):
        compare(SCENARIO, {"one": one}, seeds=seeds, out=tmp_path / "out", make_cluster=ScriptedCluster)
    assert not (tmp_path / "out").exists()


def test_timeline_shows_every_agent_and_survives_windows_without_answers() -> None:
    frames = [
        episode_frame(run_episode(Constant(n), ScriptedCluster(SCENARIO), SCENARIO, 0, name=name), SCENARIO)
        for name, n in (("one", 1), ("two", 2))
    ]
    frame = pd.concat(frames, ignore_index=True).assign(completed=0, latency_p99_s=0.0)
    figure = timeline(frame, SCENARIO.pipeline.slo_s)
    figure.draw_without_rendering()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    assert len(figure.axes) == 5


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    monkeypatch.setattr(os, "replace", partial(_fail))
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def _fail(*_: object) -> None:
    raise OSError("disk full")


def test_an_episode_whose_content_is_damaged_is_run_again(tmp_path: Path) -> None:
    store = Store(tmp_path, SCENARIO)
    store.save(run_episode(Constant(1), ScriptedCluster(SCENARIO), SCENARIO, 0, name="one"), "")
    path = store.path("one", 0)
    whole, timings = path.read_bytes(), path.with_suffix(".timings.json")
    path.write_bytes(whole[:4] + bytes(len(whole) // 2) + whole[4 + len(whole) // 2 :])
    assert store.find("one", 0, "") is None
    path.write_bytes(whole)
    assert store.find("one", 0, "") is not None
    path.write_bytes(whole.replace(b"small", b"snall", 1) if b"small" in whole else whole[:-1] + b"?")
    assert store.find("one", 0, "") is None
    path.write_bytes(whole)
    for damaged in ("", "[1, ", '{"a": 1}', "[[1]]", "5"):
        timings.write_text(damaged)
        assert store.find("one", 0, "") is None
