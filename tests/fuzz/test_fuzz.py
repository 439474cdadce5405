"""A little fuzzing of every reader, each time; `tests/fuzz/minutes.py` does more."""

import bz2
import resource
import sys
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipagym.errors import InputError
from ipagym.workload.trace import MAX_TRACE_BYTES, load_counts
from tests.fuzz.targets import TARGETS, archive, checkpoint, manifest, outcome, stored

SLOWEST_MS = 3000


@pytest.mark.parametrize("name", TARGETS)
@settings(suppress_health_check=list(HealthCheck), deadline=SLOWEST_MS)
@given(data=st.data())
def test_a_reader_answers_or_refuses_in_one_line(name: str, data: st.DataObject) -> None:
    if name in ("stored episode", "manifest", "checkpoint"):
        pytest.importorskip("torch") if name == "checkpoint" else None
        assert all((stored(), manifest())) if name != "checkpoint" else checkpoint()
    outcome(TARGETS[name], data.draw(TARGETS[name].inputs))


def peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def test_an_archive_that_would_unpack_to_too_much_is_refused_before_it_does(tmp_path: Path) -> None:
    bomb = tmp_path / "workload.tbz2"
    bomb.write_bytes(archive("workload.txt", bytes(MAX_TRACE_BYTES + 1000)))
    assert bomb.stat().st_size < MAX_TRACE_BYTES / 1000
    before = peak_bytes()
    with pytest.raises(InputError, match=r"more than the .* allowed"):
        load_counts(bomb)
    assert peak_bytes() - before < MAX_TRACE_BYTES / 4


def test_an_archive_of_nothing_but_zeros_is_read_in_pieces(tmp_path: Path) -> None:
    bomb = tmp_path / "workload.tbz2"
    bomb.write_bytes(bz2.compress(bytes(300_000_000)))
    before = peak_bytes()
    with pytest.raises(InputError, match=r"workload\.txt|cannot be read"):
        load_counts(bomb)
    assert peak_bytes() - before < MAX_TRACE_BYTES / 2


def test_a_long_trace_takes_little_more_than_its_numbers(tmp_path: Path) -> None:
    trace = tmp_path / "workload.txt"
    trace.write_bytes(b"1 2\n" * 2_500_000)
    before = peak_bytes()
    assert load_counts(trace).sum() == 7_500_000
    assert peak_bytes() - before < 15 * trace.stat().st_size


def test_a_gap_longer_than_a_block_is_no_number(tmp_path: Path) -> None:
    trace = tmp_path / "workload.txt"
    trace.write_bytes(b"5 " + b" " * 3_000_000 + b"7 6")
    assert load_counts(trace).tolist() == [5, 7, 6]


def header(kind: bytes, size: int, name: str = "x") -> bytes:
    entry = tarfile.TarInfo(name)
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.GNU_FORMAT)


HUGE = {
    "a long name": header(b"L", 300_000_000) + bytes(300_000_000),
    "an extended header": header(b"x", 300_000_000) + b"0" * 300_000_000,
    "another member": header(b"0", 300_000_000) + bytes(300_000_000),
    "a size that is not there": header(b"0", 2**33, "workload.txt"),
    "a negative size": header(b"0", -512, "workload.txt"),
}


@pytest.mark.parametrize("content", HUGE.values(), ids=HUGE)
def test_an_archive_that_is_huge_within_is_refused_at_once(content: bytes, tmp_path: Path) -> None:
    trace = tmp_path / "workload.tbz2"
    trace.write_bytes(bz2.compress(content))
    before = peak_bytes()
    with pytest.raises(InputError, match=r"more than the .* allowed|cannot be read|is empty"):
        load_counts(trace)
    assert peak_bytes() - before < MAX_TRACE_BYTES / 4
