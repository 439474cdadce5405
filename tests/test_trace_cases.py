"""Files of loads as people have them: each is read rightly, or refused in a line that says where and what to do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ipagym.system.errors import InputError
from ipagym.workload.recorded.reader import read_workload

CASES = Path(__file__).parents[2] / "shared" / "cases"
FILES = sorted([*(CASES / "traces").glob("*"), *CASES.glob("my*/*.txt")]) if CASES.is_dir() else []

Check = Callable[[np.ndarray], bool]


def is_the_usual(rates: np.ndarray) -> bool:
    return len(rates) == 120 and rates[:4].tolist() == [8, 14, 13, 7] and rates[-1] == 8 and rates.sum() == 1234


SAME = dict.fromkeys(
    (
        "archive.tar.bz2", "bom.txt", "comma.csv", "comments.txt", "crlf.txt", "epoch-space.txt", "floats.txt",
        "header.csv", "list.json", "load filé.txt", "locust_stats_history.csv", "one-per-line.txt",
        "one-per-line.txt.gz",
        "plain.txt.bz2", "spaces.txt", "utf16.txt", "workload.tbz2", "workload.txt", "z.zip",
    ),
    is_the_usual,
)  # fmt: skip

READ: dict[str, Check] = {
    **SAME,
    "floats-frac.txt": lambda r: len(r) == 120 and r[:4].tolist() == [8.25, 14.25, 13.25, 7.25],
    "functions-per-minute.csv": lambda r: (
        len(r) == 86_400
        and r[:240:60] * 60 == pytest.approx([26 + 57 + 12, 18 + 21 + 54, 39 + 53 + 29, 16 + 3 + 24])
        and (r[:60] == r[0]).all()
    ),
    "hey.csv": lambda r: len(r) == 60 and r.sum() == 300,
    "llm-requests.csv": lambda r: len(r) == 60 and r.sum() == 600 and r[0] == 13,
    "per-minute.csv": lambda r: len(r) == 1200 and r[:240:60].tolist() == [8, 14, 13, 7],
}

REFUSED = {
    "big.txt": r"second 1 is 2e\+06 requests per second, above 1e\+06: give the unit",
    "blank.txt": "is empty: it must hold at least one number",
    "empty.txt": "is empty: it must hold at least one number",
    "nanlines.txt": "line 6: 'nan' is no count or rate: write a number",
    "negative.txt": "line 1: '-1' is no count or rate: write a number",
    "thousands.txt": "line 1: '1,200 1,300' has thousands separators: write plain digits",
    "underscore.txt": "line 1: '1_000' is no count or rate: write a number",
    "x.parquet": "is a damaged Parquet file .*: write it again",
}


@pytest.mark.skipif(not FILES, reason="the collection of trace files is not at hand")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_is_read_rightly_or_refused_in_a_line(path: Path) -> None:
    if path.name in READ:
        assert READ[path.name](read_workload(path).rates)
        return
    with pytest.raises(InputError, match=REFUSED[path.name]) as caught:
        read_workload(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not FILES, reason="the collection of trace files is not at hand")
def test_every_request_of_hey_comes_in_its_second() -> None:
    rows = (CASES / "traces" / "hey.csv").read_text().split()[1:]
    offsets = [int(float(row.rpartition(",")[2])) for row in rows]
    assert read_workload(CASES / "traces" / "hey.csv").rates.tolist() == np.bincount(offsets).tolist()
