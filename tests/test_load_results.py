"""Results of a comparison are read back from their folder as they were."""

import re
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import ipagym


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("pipeline: video\nworkload: constant:5:100\nslo_s: 2.0\n")


@pytest.mark.parametrize("seeds", [1, 2])
def test_results_are_read_back_as_they_were(seeds: int) -> None:
    made = ipagym.compare("mine.yaml", ["hold", "hpa", "clairvoyant"], seeds=seeds, out="out, mine")
    read = ipagym.load_results("out, mine")
    assert_frame_equal(read.windows, made.windows)
    assert_frame_equal(read.timings, made.timings)
    assert_frame_equal(read.summary, made.summary)
    assert read.summaries == made.summaries
    assert (read.manifest, read.out) == (made.manifest, made.out)
    assert [line.get_label() for line in read.timeline().axes[3].lines] == ["hold", "hpa", "clairvoyant"]


def test_a_folder_without_results_is_refused() -> None:
    def refused(reason: str) -> None:
        with pytest.raises(
            ipagym.InputError, match=f"^out holds no results .*{reason}.*give a folder that `ipagym com"
        ):
            ipagym.load_results("out")

    refused("No such file or directory: manifest.json")
    ipagym.compare("mine.yaml", ["hold"], seeds=1, out="out")
    manifest = Path("out/manifest.json")
    whole = manifest.read_text()
    for text in ("", "{", "{}", "[]", whole.replace('"seeds": [', '"seeds": ["x",'), whole.replace('"seeds"', '"sds"')):
        manifest.write_text(text)
        refused("manifest.json is not a manifest of ipagym")
    manifest.write_text(re.sub('"windows_sha256": ".*"', '"windows_sha256": null', whole))
    refused("was not finished")
    manifest.write_text(whole)
    for name, content, reason in (
        ("windows.parquet", b"", "windows.parquet was changed after it was written"),
        ("timings.parquet", b"PAR1", "timings.parquet"),
        ("summary.csv", b"agent\nhold\n", "'pareto' is missing in summary.csv"),
        ("summary.csv", b"", "No columns"),
    ):
        before = Path("out", name).read_bytes()
        Path("out", name).write_bytes(content)
        refused(reason)
        Path("out", name).write_bytes(before)
    Path("out/summary.csv").unlink()
    refused("No such file or directory: summary.csv")
    ipagym.compare("mine.yaml", ["hold"], seeds=1, out="out")
    assert ipagym.load_results("out").summary["agent"].tolist() == ["hold"]


def test_frames_are_of_pandas() -> None:
    found = ipagym.compare("mine.yaml", "hold", seeds=1)
    assert all(isinstance(frame, pd.DataFrame) for frame in (found.windows, found.summary, found.timings))
