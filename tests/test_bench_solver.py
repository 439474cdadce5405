"""The solver benchmark: what it measures, what it writes, and what it refuses."""

import csv
import json
from dataclasses import replace
from math import inf, nan
from pathlib import Path

import pytest

from ipagym.bench.solver_speed import SOLVERS, Row, Settings, parse_sizes, run
from ipagym.bench.solver_speed.instances import Size, instances
from ipagym.bench.solver_speed.report import picture
from ipagym.cli import main
from ipagym.optimize.frontier import solve as frontier
from ipagym.optimize.ipa import program as ipa
from ipagym.optimize.stats import SolveStats, Status
from ipagym.system.errors import InputError


def test_the_command_prints_and_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench-solver", "--sizes", "1x2,2x3", "--loads", "3", "--out", str(tmp_path / "s")]) == 0
    printed = capsys.readouterr().out
    assert "frontier" in printed
    assert "mip/HiGHS" in printed
    with (tmp_path / "s" / "solvers.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["solver"], row["stages"]) for row in rows} >= {("frontier", "1"), ("mip/CBC", "2")}
    assert all(int(row["loads"]) == 3 for row in rows if not row["note"])
    facts = json.loads((tmp_path / "s" / "solvers.json").read_text())
    assert facts["settings"]["loads"] == 3
    assert facts["machine"]["cores"] >= 1
    assert (tmp_path / "s" / "solvers.png").read_bytes().startswith(b"\x89PNG")


def test_the_slo_of_the_instances_binds() -> None:
    tighter = 0
    for problem in instances(Size(5, 5), 10, "product"):
        found = frontier.solve(problem)
        assert found.feasible
        assert found.objective == pytest.approx(ipa.solve(problem).objective, abs=1e-7)
        free = frontier.solve(type(problem)(**{n: getattr(problem, n) for n in problem.__slots__} | {"slo_s": 1e9}))
        tighter += found.objective < free.objective - 1e-6
    assert tighter >= 8


def test_a_slow_solver_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def slow(problem: object, limit_s: float) -> object:
        calls.append(1)
        return ipa.solve(problem)  # type: ignore[arg-type]

    monkeypatch.setitem(SOLVERS, "mip/CBC", slow)
    settings = Settings(sizes=(Size(3, 3), Size(4, 4)), loads=4, time_limit_s=1e-6, solvers=("mip/CBC",))
    rows = run(settings, lambda what, done, total: None)
    assert (len(calls), [row.loads for row in rows]) == (1, [0, 0])
    assert all("took more than" in row.note for row in rows)


def test_solvers_that_disagree_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(problem: object, limit_s: float) -> object:
        found = ipa.solve(problem)  # type: ignore[arg-type]
        return replace(found, objective=found.objective - 1)

    monkeypatch.setitem(SOLVERS, "mip/CBC", wrong)
    settings = Settings(sizes=(Size(2, 2),), loads=2, solvers=("frontier", "mip/CBC"))
    right, missing = run(settings, lambda what, done, total: None)
    assert right.note == ""
    assert missing.note.startswith("misses the optimum on 2 loads, by up to 1")


@pytest.mark.parametrize(
    ("status", "gap", "note"),
    [
        (Status.NO_ANSWER, inf, r"took more than 20 s for a load (no answer in time)"),
        (Status.FEASIBLE, 0.125, r"took more than 20 s for a load (feasible at limit, gap 0.12)"),
        (Status.INFEASIBLE, inf, "calls a load infeasible that is not"),
    ],
)
def test_how_a_solver_ended_is_told(status: Status, gap: float, note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(problem: object, limit_s: float) -> object:
        stats = SolveStats(status=status, build_s=0.0, solve_s=0.0, gap=gap)
        return replace(ipa.solve(problem), stats=stats, objective=nan)  # type: ignore[arg-type]

    monkeypatch.setitem(SOLVERS, "mip/CBC", ended)
    settings = Settings(sizes=(Size(2, 2), Size(3, 3)), loads=2, solvers=("frontier", "mip/CBC"))
    rows = run(settings, lambda what, done, total: None)
    assert [(row.loads, row.note) for row in rows] == [(2, ""), (0, note)] * 2


def test_the_limit_reaches_every_solver() -> None:
    (problem,) = instances(Size(9, 9), 1, "product")
    for name in ("mip/HiGHS, paper's form", "mip/CBC"):
        assert SOLVERS[name](problem, 1e-9).status is Status.NO_ANSWER, name
    assert SOLVERS["frontier"](problem, 1e-9).status in (Status.FEASIBLE, Status.OPTIMAL)


def test_a_picture_shows_solvers_that_were_not_run(tmp_path: Path) -> None:
    nan = float("nan")
    row = Row(solver="x", stages=2, variants=2, loads=0, build_median_ms=nan, solve_median_ms=nan,
              total_median_ms=nan, total_p99_ms=nan, note="absent")  # fmt: skip
    assert picture([row]).startswith(b"\x89PNG")


@pytest.mark.parametrize("text", ["", "5", "5x", "axb", "0x5", "5x0", "5x5,", "9999x2", "99999x2", "-1x2", "²x2"])
def test_unusable_sizes_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_sizes(text)


@pytest.mark.parametrize("settings", [{"loads": 0}, {"time_limit_s": 0.0}, {"solvers": ("cplex",)}])
def test_unusable_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Settings(**settings)  # type: ignore[arg-type]
