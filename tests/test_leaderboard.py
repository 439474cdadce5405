"""Suites, their runs and tables, and entries with every kind of forgery."""

import json
from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ipagym.bench.leaderboard.board import Board, read_board
from ipagym.bench.leaderboard.checks import read_entry
from ipagym.bench.leaderboard.entry import Asked, hashes_of, submit
from ipagym.bench.leaderboard.merge import merge
from ipagym.bench.leaderboard.ranking import on_task, overall
from ipagym.bench.leaderboard.rerun import run_again
from ipagym.bench.leaderboard.run import Run, run_suite
from ipagym.bench.leaderboard.suite import Suite, load_suite, suite_names, suite_of
from ipagym.bench.leaderboard.table import markdown
from ipagym.cli import main
from ipagym.system.errors import InputError
from ipagym.task.objective import RewardTerms

CONTENT: dict[str, Any] = {
    "suite": "tiny",
    "version": 3,
    "description": "two tasks of a minute",
    "seeds": 2,
    "reference": "static-min",
    "ceiling": "static:lean",
    "agents": ["static-min", "random", "hpa"],
    "tasks": {
        "video": {"scenario": "video", "load": "constant:40:60", "agents": {"static:lean": "fa2-low"}},
        "sponge": {
            "scenario": "sponge",
            "load": "constant:20:60",
            "agents": {"static:lean": "static-max"},
            "tracks": ["nominal"],
        },
    },
    "tracks": {"nominal": {}, "late": {"telemetry": {"lag_s": 10.0}}},
}
GROUPS = ["video.nominal", "video.late", "sponge.nominal"]


def suite(**changes: Any) -> Suite:
    return suite_of(CONTENT | changes, "tiny.yaml")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_suite(suite(), tmp_path_factory.mktemp("leaderboard"), workers=1)


@pytest.fixture
def ran(run: Run) -> Path:
    assert run.failures == ()
    return run.folder


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("entry")
    submit(suite(), Asked("theirs", "threshold"), work=folder / "work", out=folder / "entry.zip", workers=1)
    return folder / "entry.zip"


@pytest.mark.parametrize("name", suite_names())
def test_suites_of_the_package_can_be_made(name: str) -> None:
    loaded = load_suite(name)
    assert loaded.name == name
    assert loaded.file.seeds >= 5
    assert {group.task for group in loaded.groups} == set(loaded.file.tasks)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"sedes": 3}, "tiny.yaml: sedes: unknown"),
    ({"seeds": 1}, "seeds"),
    ({"agents": ["static-min", "ipaa"]}, "unknown agent 'ipaa'"),
    ({"agents": ["random", "random"]}, "one is named twice"),
    ({"reference": "hold"}, "task video lacks hold, which scores are counted from"),
    ({"tasks": {"v": {"scenario": "vidoe"}}}, "task v on track nominal: unknown scenario 'vidoe'"),
    ({"tasks": {"v": {"scenario": "video", "tracks": ["faults"]}}}, "faults is none of the suite's tracks"),
    ({"tracks": {"../up": {}}}, "tracks"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), WRONG)
def test_what_is_wrong_with_a_suite_is_said(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=r"^tiny.yaml: ") as refused:
        suite(**change)
    assert said.removeprefix("tiny.yaml: ").split(":")[0] in str(refused.value)


def test_tasks_are_crossed_with_tracks_and_agents_stay_where_they_suit() -> None:
    groups = {group.name: group for group in suite().groups}
    assert list(groups) == GROUPS
    assert groups["video.late"].scenario.telemetry.lag_s == 10
    assert groups["video.nominal"].scenario.telemetry.lag_s == 0
    assert list(groups["video.nominal"].agents) == ["static-min", "random", "hpa", "static:lean"]
    assert list(groups["sponge.nominal"].agents) == ["static-min", "random", "static:lean"], "hpa has no replicas there"
    assert suite(version=4).digest != suite().digest == suite(description="another").digest


def files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("episodes/*")}


def test_nothing_runs_twice_and_another_suite_is_refused(run: Run) -> None:
    ran = run.folder
    before = files(ran)
    assert len(before) == 2 * 2 * (2 * 4 + 3)
    lost = next(path for path in before if path.suffix == ".parquet")
    content = lost.read_bytes()
    lost.unlink()
    assert run_suite(suite(), ran, workers=1).digest == run.digest
    assert lost.read_bytes() == content
    assert {path for path, written in files(ran).items() if written != before[path]} <= {
        lost, lost.with_suffix(".timings.json")
    }  # fmt: skip
    with pytest.raises(InputError, match=r"holds results of suite tiny-v3 .*, not tiny-v4 .*: choose another --out"):
        run_suite(suite(version=4), ran, workers=1)


def board(ran: Path) -> Board:
    return read_board(ran)


def test_scores_are_0_for_the_reference_and_1_for_the_ceiling(ran: Path) -> None:
    found = board(ran)
    for group in found.scored():
        for agent, score in (("static-min", 0.0), ("static:lean", 1.0)):
            assert found.values(agent, [group]).mean() == pytest.approx(score)
            assert found.anchors[group].source == "static:lean"
    assert found.scored(), "some task tells them apart"
    reward = found.cells.set_index(["group", "agent", "seed"])["reward"]
    regret = found.cells.set_index(["group", "agent", "seed"])["regret"]
    assert (
        regret["video.late", "random", 1] == reward["video.late", "static:lean", 1] - reward["video.late", "random", 1]
    )


def test_tables_put_lateness_and_cost_first_and_leave_unranked_who_lacks_a_task(ran: Path) -> None:
    found = board(ran)
    standings = {each.agent: each for each in overall(found)}
    whole = {"static-min", "random", "static:lean"}
    assert len(found.scored()) > 1
    assert standings["hpa"].rank is None, "it is not on sponge"
    assert all(standings[agent].rank is not None for agent in whole)
    assert standings["static-min"].against is None
    text = markdown(found)
    head = text.splitlines()[2]
    assert head.index("late %") < head.index("cores") < head.index("PAS %") < head.index("score")
    assert [each.agent for each in on_task(found, "video.nominal")][-1] != "static:lean"


def test_an_agent_that_fails_is_told_below_the_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                      monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    Path("own_failing.py").write_text(
        "class Raises:\n    def reset(self, pipeline, limits, rng): pass\n"
        "    def decide(self, window): raise ValueError('no idea')\n"
    )
    tasks = {"video": {**CONTENT["tasks"]["video"], "tracks": ["nominal"]}}
    content = CONTENT | {"agents": [*CONTENT["agents"], "own_failing:Raises"], "tasks": tasks}
    Path("mine.json").write_text(json.dumps(content))
    assert main(["leaderboard", "run", "mine.json", "--out", "out", "--workers", "1"]) == 1
    said = capsys.readouterr().out
    assert "failed: own_failing:Raises on video.nominal: ValueError: no idea (own_failing.py, line 3)" in said
    assert main(["leaderboard", "show", "out", "--csv"]) == 0
    assert "own_failing" not in capsys.readouterr().out
    assert main(["leaderboard", "show", "nowhere"]) == 2


def test_an_entry_holds_and_is_merged_under_a_name_of_its_own(entry: Path, ran: Path) -> None:
    found = read_entry(entry)
    assert found.cells == [(group, seed) for group in GROUPS[:2] for seed in (0, 1)], "threshold turns replicas only"
    run_again(found, [("video.late", 1)], workers=1)
    merged = merge(ran, [entry, entry])
    assert {"theirs", "theirs-2"} < set(merged.agents())
    assert np.array_equal(merged.values("theirs", ["video.nominal"]), merged.values("theirs-2", ["video.nominal"]))
    assert set(merged.groups_of("static-min")) == set(board(ran).groups_of("static-min"))


Members = dict[str, bytes]
WINDOWS = "video.late/episodes/theirs-1.parquet"


def forged(entry: Path, change: Callable[[Members], None]) -> Path:
    with ZipFile(entry) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    path = entry.with_name("forged.zip")
    with ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def resealed(members: Members, **fields: Any) -> None:
    """The manifest with other fields, and every hash as if it had been written so."""
    manifest = json.loads(members["entry.json"]) | fields
    manifest["files"] = {name: sha256(members[name]).hexdigest() for name in manifest["files"] if name in members}
    manifest["hashes"] = hashes_of(manifest)
    members["entry.json"] = json.dumps(manifest).encode()
    members["entry.sha256"] = sha256(members["entry.json"]).hexdigest().encode()


def edit_windows(members: Members, edit: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Other windows, with the hash that lies beside them."""
    table = pq.read_table(BytesIO(members[WINDOWS]))
    other = pa.Table.from_pandas(edit(table.to_pandas()), schema=table.schema, preserve_index=False)
    buffer = BytesIO()
    pq.write_table(other.replace_schema_metadata(table.schema.metadata), buffer)
    members[WINDOWS] = buffer.getvalue()
    beside = WINDOWS.replace(".parquet", ".timings.json")
    timings = json.loads(members[beside]) | {"windows_sha256": sha256(members[WINDOWS]).hexdigest()}
    members[beside] = json.dumps(timings).encode()


def better_reward(members: Members) -> None:
    edit_windows(members, lambda frame: frame.assign(reward=frame["reward"] + 1.0))


def fewer_cores(members: Members) -> None:
    def edit(frame: pd.DataFrame) -> pd.DataFrame:
        half = frame.assign(cores=frame["cores"] / 2, reward_cost=frame["cores"] / 2)
        objective = suite().groups[1].scenario.objective
        terms = ({term.name: float(row[f"reward_{term.name}"]) for term in fields(RewardTerms)}
                 for row in half.to_dict("records"))  # fmt: skip
        return half.assign(reward=[objective.scalar(RewardTerms(**each)) for each in terms])

    edit_windows(members, edit)


def other_reward_in_manifest(members: Members) -> None:
    figures = json.loads(members["entry.json"])["figures"]
    figures["video.late"]["1"]["reward"] += 1
    resealed(members, figures=figures)


def without(name: str) -> Callable[[Members], None]:
    def change(members: Members) -> None:
        del members[name]

    return change


def edited_field(members: Members) -> None:
    members["entry.json"] = json.dumps(json.loads(members["entry.json"]) | {"platform": "another"}).encode()


def and_resealed(change: Callable[[Members], None]) -> Callable[[Members], None]:
    def both(members: Members) -> None:
        change(members)
        resealed(members)

    return both


FORGERIES: list[tuple[Callable[[Members], None], str]] = [
    (better_reward, f"{WINDOWS.replace('.parquet', '')}.* is not as it was written"),
    (and_resealed(better_reward), "video.late, seed 1: window 0: reward is"),
    (other_reward_in_manifest, "video.late, seed 1: reward is .* in entry.json, and .* by the windows"),
    (edited_field, "entry.json: platform is not as it was written"),
    (without(WINDOWS), f"{WINDOWS} is missing"),
    (and_resealed(without(WINDOWS)), f"files: {WINDOWS} is missing"),
    (without("entry.sha256"), "entry.sha256 is missing"),
    (lambda members: resealed(members, seeds=[0, 2]), r"seeds are \[0, 2\]"),
    (lambda members: resealed(members, suite_digest="0" * 16), "suite_digest is 0000000000000000"),
    (lambda members: resealed(members, agent="mine"), "files: .* is missing|files: .* is none of an entry"),
    (lambda members: resealed(members, format=9), "format 9 is not known here"),
]


@pytest.mark.parametrize(("change", "said"), FORGERIES)
def test_a_forged_entry_is_refused_with_a_line_that_names_it(
    entry: Path, change: Callable[[Members], None], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        read_entry(forged(entry, change))


def test_windows_that_agree_with_themselves_are_caught_when_run_again(
    entry: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def change(members: Members) -> None:
        fewer_cores(members)
        figures = json.loads(members["entry.json"])["figures"]
        frame = pq.read_table(BytesIO(members[WINDOWS])).to_pandas()
        own = figures["video.late"]["1"]
        own["cores"] = float(np.average(frame["cores"], weights=frame["duration_s"]))
        own["reward"] = float(frame["reward"].mean())
        resealed(members, figures=figures)

    path = forged(entry, change)
    found = read_entry(path)
    with pytest.raises(InputError, match=r"video.late, seed 1: window 0: cores is .*, and .* when run again"):
        run_again(found, [("video.late", 1)], workers=1)
    resealed_with = forged(entry, lambda members: resealed(members, package="another"))
    assert main(["leaderboard", "verify", str(resealed_with), "--cells", "1", "--workers", "1"]) == 2
    assert "package is another" in capsys.readouterr().err


def test_what_is_no_archive_is_no_entry(tmp_path: Path) -> None:
    (tmp_path / "entry.zip").write_bytes(b"PK nothing")
    for path in (tmp_path / "entry.zip", tmp_path / "nowhere.zip"):
        with pytest.raises(InputError, match="is no entry"):
            read_entry(path)
