"""Sweeps over settings of a scenario: their grid, what is run again, and the differences they report."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ipagym
from ipagym import InputError
from ipagym.bench.sweep.grid import folder_name, label, parse_setting, points
from ipagym.cli import main
from ipagym.envs.settings import scenario_with

ALPHAS = [1, 100]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sweep")
    (made / "mine.yaml").write_text("pipeline: video\nworkload: constant:5:40\n")
    ipagym.sweep(
        made / "mine.yaml", "hold,ipa:cbc", settings={"objective.alpha": ALPHAS, "slo_s": [2.0]}, seeds=2,
        out=made / "out",
    )  # fmt: skip
    return made


def test_values_are_read_as_json_has_them() -> None:
    assert parse_setting("objective.alpha=1, 2.5,1e-3") == ("objective.alpha", [1, 2.5, 0.001])
    assert parse_setting("physics.drop.expired=true,false") == ("physics.drop.expired", [True, False])
    assert parse_setting("faults=none,usual,null") == ("faults", ["none", "usual", None])


@pytest.mark.parametrize("text", ["alpha", "=1", "objective.alpha=", "objective.alpha=1,,2"])
def test_what_is_no_setting_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_setting(text)


def test_points_are_all_combinations() -> None:
    found = points({"objective.alpha": [1, 8.0], "faults": ["none", "usual/x"]})
    assert [tuple(point.values()) for point in found] == [(1, "none"), (1, "usual/x"), (8, "none"), (8, "usual/x")]
    assert label(found[2]) == "alpha=8, faults=none"
    assert folder_name(found[3]) == "objective.alpha=8_faults=usual-x"
    refused: tuple[dict[str, list[Any]], ...] = (
        {},
        {"slo_s": []},
        {"slo_s": [1, 1.0]},
        {"slo_s": list(range(1, 2000))},
    )
    for settings in refused:
        with pytest.raises(InputError):
            points(settings)


def test_settings_are_those_of_a_scenario_file() -> None:
    found = scenario_with(
        "video", {"objective.alpha": 7, "slo_s": 3.0, "physics.drop.expired": True, "faults": "usual"}
    )
    assert found.objective.alpha == 7
    assert found.pipeline.slo_s == 3.0
    assert found.physics.drop.expired
    assert found.physics.faults.crashes_per_hour > 0
    plain = scenario_with("video", {})
    assert found.objective.beta == plain.objective.beta
    for wrong in (
        {"alpha": 1},
        {"objective.alhpa": 1},
        {"objective.alpha": "much"},
        {"faults": "usual", "faults.straggler": 0.1},
    ):
        with pytest.raises(InputError):
            scenario_with("video", wrong)


def test_it_is_read_back_as_a_comparison_for_each_combination(folder: Path) -> None:
    found = ipagym.load_sweep(folder / "out")
    assert [point["objective.alpha"] for point in found.points] == ALPHAS
    for comparison, alpha in zip(found.comparisons, ALPHAS, strict=True):
        alone = ipagym.load_results(folder / "out" / f"objective.alpha={alpha}_slo_s=2")
        assert comparison.summaries == alone.summaries
        rows = found.summary[found.summary["objective.alpha"] == alpha]
        assert rows["cores"].tolist() == alone.summary["cores"].tolist()
    assert pd.read_csv(folder / "out" / "sweep.csv")["agent"].tolist() == ["hold", "ipa:cbc"] * 2


def test_changes_are_paired_differences_from_the_first_combination(folder: Path) -> None:
    found = ipagym.load_sweep(folder / "out")
    rows: Any = found.changes.set_index(["objective.alpha", "agent", "metric"])
    assert set(rows.index.get_level_values(0)) == {100}
    own = found.episodes[found.episodes["agent"] == "ipa:cbc"]
    by_seed: Any = own.pivot(index="seed", columns="objective.alpha", values="pas_percent")
    assert rows.loc[(100, "ipa:cbc", "pas_percent"), "difference"] == pytest.approx(np.mean(by_seed[100] - by_seed[1]))
    assert rows.loc[(100, "ipa:cbc", "pas_percent"), "difference"] > 1
    assert rows.loc[(100, "hold", "pas_percent"), "difference"] == 0
    own_difference: Any = found.comparisons[1].paired("ipa:cbc", "hold")
    paired: Any = found.paired("ipa:cbc", "hold").set_index(["objective.alpha", "metric"])
    assert paired.loc[(100, "cores"), "difference"] == own_difference.loc["cores", "difference"]


def test_the_command_goes_on_and_prints_one_table(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    command = ["sweep", "mine.yaml", "--alpha", "1,8", "--agents", "hold", "--seeds", "2", "--workers", "1"]
    command += ["--out", str(tmp_path / "out")]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "alpha=1, on the same seeds" in printed
    first = tmp_path / "out" / "objective.alpha=1" / "episodes" / "hold-0.parquet"
    written = first.stat().st_mtime_ns
    command[3] = "1,8,32"
    assert main(command) == 0
    assert first.stat().st_mtime_ns == written
    assert len(ipagym.load_sweep(tmp_path / "out").comparisons) == 3
    command[3] = "1,8"
    assert main(command) == 2
    assert "alpha=32" in capsys.readouterr().err
    assert main([*command, "--set", "objective.alpha=3"]) == 2
    assert "given twice" in capsys.readouterr().err
    with pytest.raises(InputError, match=r"one of the folders in it, such as objective\.alpha=1"):
        ipagym.load_results(tmp_path / "out")
    with pytest.raises(InputError, match="no sweep"):
        ipagym.load_sweep(tmp_path)
