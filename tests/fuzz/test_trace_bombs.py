"""Traces that would take far more memory or time than they are long."""

import bz2
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ipagym.system.errors import InputError
from ipagym.workload import by_name
from tests.fuzz.bombs import header, member, packed, repeated
from tests.fuzz.limited import feed
from tests.fuzz.nearly_sound import record

MILLION = 1_000_000
MOST_BYTES = 400_000_000

BOMBS: dict[str, Callable[[], bytes]] = {
    "a text": lambda: repeated(header("workload.txt", 2000 * MILLION), bytes(MILLION), 2000),
    "a text of unknown size": lambda: repeated(header("workload.txt", 0, claimed=-1), bytes(MILLION), 1500),
    "a long name": lambda: repeated(header("x", 1500 * MILLION, b"L"), bytes(MILLION), 1500),
    "an extended header": lambda: repeated(header("x", 1500 * MILLION, b"x"), bytes(MILLION), 1500),
    "a header slow to parse": lambda: packed(header("x", 500_000, b"x") + b"0" * 500_224),
    "another member": lambda: repeated(header("x", 3000 * MILLION), bytes(10 * MILLION), 300),
    "empty members": lambda: repeated(b"", header("x", 0) * 20_000, 200),
    "members that go back": lambda: packed(member("y", b"1"), header("x", 0, claimed=-1024)),
    "one long number": lambda: repeated(header("workload.txt", 96 * MILLION), b"1" * MILLION, 96),
    "nothing but gaps": lambda: repeated(header("workload.txt", 96 * MILLION), b" " * MILLION, 96),
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_archive_is_refused_before_it_unpacks(name: str, tmp_path: Path) -> None:
    path = tmp_path / "workload.tbz2"
    path.write_bytes(BOMBS[name]())
    assert path.stat().st_size < 100_000
    answer = feed("trace", path)
    assert answer.outcome == "refused", answer
    assert answer.peak_bytes < MOST_BYTES


def test_a_whole_archive_of_short_numbers_takes_memory_in_proportion(tmp_path: Path) -> None:
    path = tmp_path / "workload.tbz2"
    path.write_bytes(repeated(header("workload.txt", 20 * MILLION), b"1 " * (MILLION // 2), 20))
    answer = feed("trace", path)
    assert answer.outcome == "taken", answer
    assert answer.peak_bytes < 20 * 20 * MILLION


RECORDS = [("GNU.sparse.map", ""), ("GNU.sparse.major", "1"), ("size", "-1"), ("size", "1e9"), ("path", "")]


@pytest.mark.parametrize("pair", RECORDS, ids=str)
def test_an_archive_with_odd_records_is_refused_in_a_line(pair: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "workload.tbz2"
    path.write_bytes(packed(member("x", record(*pair), tarfile.XHDTYPE), member("y", b"1 2")))
    assert feed("trace", path).outcome == "refused"


def test_a_plain_bzip2_file_is_no_archive(tmp_path: Path) -> None:
    path = tmp_path / "workload.bz2"
    path.write_bytes(bz2.compress(b"1 2 3"))
    assert feed("trace", path).outcome == "refused"


@pytest.mark.parametrize("seconds", ["²-³", "0-" + "9" * 5000, "٣-٥", "5-2", "-", "0-4"])
def test_seconds_that_are_none_are_refused(seconds: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("1 2 3", encoding="ascii")
    with pytest.raises(InputError):
        by_name(f"trace:{path}:{seconds}")


@pytest.mark.parametrize("path", ["a" * 300, "/a" * 5000, "/proc/self/mem", "\0", "\ud800", "/"], ids=lambda p: p[:14])
def test_names_that_no_trace_has_are_refused(path: str) -> None:
    with pytest.raises(InputError):
        by_name(f"trace:{path}")
