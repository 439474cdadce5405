"""The speed benchmark: the contenders simulate the same, take turns, and what cannot run says why."""

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

import ipagym.bench.engine_speed
from ipagym.bench.engine_speed import c_loop, ciw_model
from ipagym.bench.engine_speed.measure import Contender, Field, Row, Sample, race
from ipagym.bench.engine_speed.models import Model, all_models, batched, four_servers
from ipagym.bench.engine_speed.report import Report, this_machine
from ipagym.cli import main
from ipagym.cluster.sim import CompiledCluster
from ipagym.system.errors import InputError

MODELS = {f"{model.name} at {model.rate_rps:g} rps": model for model in all_models()}
RUNS = 16
REQUESTS = 20_000


def seconds(model: Model) -> int:
    return round(REQUESTS / model.rate_rps)


def simulated(model: Model) -> list[float]:
    """Mean latency of RUNS runs of the compiled engine."""
    cluster, means = CompiledCluster(model.scenario(seconds(model))), []
    for seed in range(RUNS):
        cluster.reset(seed)
        means.append(float(cluster.advance(seconds(model)).latency_s.mean()))
    return means


def agree(ours: Sequence[float], theirs: Sequence[float]) -> bool:
    """Equal means within four standard errors of their difference, which are at most 2 % of the mean."""
    error = sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / RUNS)
    assert 4 * error < 0.02 * np.mean(ours)
    return bool(abs(np.mean(ours) - np.mean(theirs)) < 4 * error)


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = c_loop.find_compiler()
    if compiler is None:
        pytest.skip("no C compiler")
    return c_loop.build(compiler, tmp_path_factory.mktemp("loop"))


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_c_loop_simulates_what_the_engine_does(model: Model, loop: Path) -> None:
    runs = [c_loop.run(loop, model, duration_s=seconds(model), seed=seed) for seed in range(RUNS)]
    assert agree(simulated(model), [run.mean_latency_s for run in runs])
    assert np.mean([run.requests for run in runs]) == pytest.approx(REQUESTS, rel=0.01)
    assert 0.65 < np.mean([run.utilisation for run in runs]) < 0.78


def test_ciw_simulates_what_the_engine_does() -> None:
    pytest.importorskip("ciw")
    model = four_servers()
    runs = [ciw_model.run(model, duration_s=seconds(model), seed=seed) for seed in range(RUNS)]
    assert agree(simulated(model), [run.mean_latency_s for run in runs])


def test_the_c_loop_notices_another_timeout(loop: Path) -> None:
    slow = batched(1, 20)
    hasty = replace(slow, batch_timeout_s=0.0)
    means = [c_loop.run(loop, model, duration_s=1000, seed=0).mean_latency_s for model in (slow, hasty)]
    assert means[0] > 1.05 * means[1]


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    turns: list[str] = []

    def contender(name: str, speed: float) -> Contender:
        def measure(turn: int) -> Sample:
            turns.append(f"{name}{turn}")
            return Sample(speed * turn)

        return Contender(name=name, measure=measure)

    contenders = [contender("a", 1.0), contender("b", 3.0), Contender(name="c", note="not installed")]
    field = Field(model="m", rate_rps=1.0, unit="requests/s", contenders=contenders, simpy="a", rival="c")
    seen: list[tuple[int, int]] = []
    a, b, c = race(field, 3, lambda what, done, total: seen.append((done, total)))
    assert turns == ["a0", "b0", "a1", "b1", "a2", "b2", "a3", "b3"]
    assert seen == [(done, 8) for done in range(8)]
    assert (a.median, a.low, a.high, a.times_simpy) == (2.0, 1.0, 3.0, 1.0)
    assert (b.median, b.times_simpy, b.times_rival) == (6.0, 3.0, None)
    assert (c.median, c.times_simpy, c.note) == (None, None, "not installed")


def test_a_report_is_written_whole(tmp_path: Path) -> None:
    row = Row(model="m", contender="a", rate_rps=20, unit="requests/s", median=2.0, low=1.0, high=3.0)
    missing = Row(model="m", contender="b", rate_rps=20, unit="steps/s", note="not installed")
    report = Report(machine=this_machine(), repeats=3, quick=True, rows=(row, missing))
    report.write(tmp_path / "new")
    written = json.loads((tmp_path / "new" / "speed.json").read_text())
    assert written["rows"][0]["median"] == 2.0
    assert written["machine"]["cores"] >= 1
    assert written["machine"]["packages"]["numba"]
    rows = list(csv.DictReader((tmp_path / "new" / "speed.csv").read_text().splitlines()))
    assert [row["note"] for row in rows] == ["", "not installed"]
    assert [table.title for table in report.tables()] == ["requests/s", "steps/s"]


def test_a_compiler_that_fails_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho 'math.h: no such file' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(c_loop.CompilerError, match=r"math\.h: no such file"):
        c_loop.build(str(broken), tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert c_loop.find_compiler() is None


def test_repeats_are_checked() -> None:
    with pytest.raises(InputError, match=r"repeats must be in 1\.\.1000, not 0"):
        ipagym.bench.engine_speed.Settings(repeats=0)


def test_bad_input_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    for arguments in (["--repeats", "0"], ["--repeats", "x"], ["--out", str(file)], ["--out", str(file / "below")]):
        assert main(["bench-speed", *arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.startswith("ipagym: error: ")
        assert said.err.count("\n") == 1


def test_a_quick_run_measures_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ciw_model, "is_installed", lambda: False)
    monkeypatch.setattr(c_loop, "find_compiler", lambda: None)
    assert main(["bench-speed", "--quick", "--repeats", "1", "--out", str(tmp_path)]) == 0
    assert f"written to {tmp_path}" in capsys.readouterr().out
    rows = json.loads((tmp_path / "speed.json").read_text())["rows"]
    notes = {row["contender"]: row["note"] for row in rows}
    assert (notes["Ciw"], notes["C loop"]) == ("not installed", "no compiler")
    assert {row["unit"] for row in rows} == {"requests/s", "steps/s", "s"}
    assert all((row["median"] is None) == bool(row["note"]) for row in rows)
    assert all(row["median"] > 0 for row in rows if not row["note"])
