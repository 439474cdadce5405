"""Tables of a comparison for papers: the figures of the summary, and texts that LaTeX and Markdown read as meant."""

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from ipagym import load_results
from ipagym.bench.report.tables import REMEDY
from ipagym.cli import main
from tests.result_folders import write_results

AGENTS = ("ipa", "static:best", "my_own|100%")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("results") / "run"
    write_results(made, AGENTS)
    return made


def test_markdown_has_means_and_half_widths(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tabulate", reason="Markdown needs tabulate")
    assert main(["table", str(folder), "--markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    first = load_results(folder).summaries[0].estimates["cores"]
    assert f"{first.mean:.2f} ± {first.half_width:.2f}" in lines[2]
    assert r"my_own\|100%" in lines[4]


def test_latex_reads_no_command_in_a_name(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("jinja2", reason="LaTeX needs jinja2")
    assert main(["table", str(folder), "--latex", "--out", str(tmp_path / "table.tex")]) == 0
    text = (tmp_path / "table.tex").read_text()
    assert r"my\_own|100\% &" in text
    assert r"PAS \% &" in text
    assert text.count(r"\\") == 1 + len(AGENTS)


def test_csv_is_the_summary_in_full(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", str(folder), "--csv"]) == 0
    read = pd.read_csv(StringIO(capsys.readouterr().out))
    expected = load_results(folder).summary[list(read.columns)]
    pd.testing.assert_frame_equal(read, expected, check_exact=True)


def test_a_missing_package_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tabulate", None)
    assert main(["table", str(folder), "--markdown"]) == 2
    assert capsys.readouterr().err == f"ipagym: error: {REMEDY}\n"


def test_one_form_is_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for given in ([], ["--csv", "--latex"]):
        assert main(["table", str(folder), *given]) == 2
        assert capsys.readouterr().err.startswith("ipagym: error: a table has one form")
