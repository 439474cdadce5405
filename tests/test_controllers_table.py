"""The tables of docs/controllers.md: the catalogue's is of now, and results are laid out beside each other."""

from pathlib import Path

import pandas as pd

from ipagym.cli.controllers import catalogue_table, results_table

DOCS = Path(__file__).parents[1] / "docs" / "controllers.md"


def test_the_docs_have_the_catalogue_of_now() -> None:
    assert f"\n\n{catalogue_table()}\n\n" in DOCS.read_text(encoding="utf-8"), (
        "put what `python scripts/controllers_table.py` prints into docs/controllers.md"
    )


def test_results_stand_side_by_side(tmp_path: Path) -> None:
    figures = {"reward": -1.234, "violation_percent": 0.5, "decision_ms": 2.0}
    for name, agents in (("video", ["hpa", "ipa"]), ("sponge", ["ipa"])):
        folder = tmp_path / f"all-{name}"
        folder.mkdir()
        pd.DataFrame([{"agent": agent, **figures} for agent in agents]).to_csv(folder / "summary.csv", index=False)
    assert results_table([tmp_path / "all-video", tmp_path / "all-sponge"]).splitlines() == [
        "| agent | video | late % | sponge | late % | ms |",
        "|---|---|---|---|---|---|",
        "| ipa | −1.23 | 0.50 | −1.23 | 0.50 | 2.00 |",
        "| hpa | −1.23 | 0.50 | – | – | 2.00 |",
    ]
