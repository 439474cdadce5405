"""Trace files, good and bad."""

import bz2
import io
import tarfile
from pathlib import Path

import pytest

from ipagym.system.errors import InputError
from ipagym.workload import by_name, find_trace
from ipagym.workload.trace import load_counts, paper_window


def archive(path: Path, member: str, text: str) -> Path:
    with tarfile.open(path, "w:bz2") as tar:
        info = tarfile.TarInfo(member)
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text.encode()))
    return path


def test_trace_files_text_and_archive(tmp_path: Path) -> None:
    plain = tmp_path / "workload.txt"
    plain.write_text("8 16 24 9")
    packed = archive(tmp_path / "workload.tbz2", "folder/workload.txt", "8 16 24 9")
    assert load_counts(plain).tolist() == load_counts(packed).tolist() == [8, 16, 24, 9]
    assert by_name(f"trace:{plain}:0-2").duration_s == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"1 x 3", "integers"), (b"1.5", "integers"), (b"3 -1", "counts in"), (b"9" * 30, "integers"),
     (b"\xff\xfe", "integers"), (b"1 2000000", "counts in"), (b"1_000 2", "'1_000' is none"), (b"+5 6", r"'\+5'"),
     (b"1,200 1,300", "'1,200'"), (b"8.0\n9.0", "'8.0'"), (b"5 nan", "'nan'"), (b"5-3", "integers"),
     (b"0 8\n1 14\n2 13\n", "lines of several integers"), (b"1 2\r\n3 4", "lines of several integers")],
)  # fmt: skip
def test_bad_trace_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "workload.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_counts(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no archive", bz2.compress(b"no tar")])
def test_bad_archives(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "workload.tbz2"
    path.write_bytes(content)
    with pytest.raises(InputError, match="archive"):
        load_counts(path)
    with pytest.raises(InputError, match=r"no workload\.txt"):
        load_counts(archive(tmp_path / "other.tbz2", "other.txt", "1"))


def test_a_window_outside_the_trace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "workload.txt"
    path.write_text("1 2 3")
    with pytest.raises(
        InputError, match=r"which has 0-3: choose seconds inside it, or take all of it as the load trace:"
    ):
        paper_window("bursty", path)


def test_the_environment_variable_names_a_file_or_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_trace() is None
    path = tmp_path / "workload.txt"
    path.write_text("1 2 3")
    for value in (path, tmp_path):
        monkeypatch.setenv("IPAGYM_TRACES", str(value))
        assert find_trace() == path
    monkeypatch.setenv("IPAGYM_TRACES", str(tmp_path / "none"))
    with pytest.raises(InputError, match="IPAGYM_TRACES"):
        find_trace()


def test_a_gap_longer_than_a_block_is_no_number(tmp_path: Path) -> None:
    trace = tmp_path / "workload.txt"
    trace.write_bytes(b"5 " + b" " * 3_000_000 + b"7 6")
    assert load_counts(trace).tolist() == [5, 7, 6]


@pytest.mark.parametrize(
    "content", [b"8 16 24", b"8\n16\n24\n", b"8\r\n16\r\n24", b"\xef\xbb\xbf8\n16\n24", b"\n8\n\n16\n24"]
)
def test_good_trace_files(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lödd file.txt"
    path.write_bytes(content)
    assert load_counts(path).tolist() == [8, 16, 24]


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no such file on this system")
def test_special_files_are_refused() -> None:
    for path in ("/proc/self/mem", "/dev/zero", "/"):
        with pytest.raises(InputError, match=r"no trace file|cannot be read \("):
            load_counts(Path(path))


CASES = Path(__file__).parents[2] / "shared" / "cases"


READ = {
    "bom.txt", "crlf.txt", "one-per-line.txt", "spaces.txt", "workload.tbz2", "workload.txt", "load filé.txt",
}  # fmt: skip


@pytest.mark.skipif(not CASES.is_dir(), reason="the collection of trace files is not at hand")
def test_files_as_people_have_them_are_read_rightly_or_refused_in_a_line() -> None:
    for path in [*(CASES / "traces").iterdir(), *CASES.glob("my*/*.txt")]:
        if path.name in READ:
            counts = load_counts(path).tolist()
            assert (len(counts), counts[:4]) == (120, [8, 14, 13, 7]), path.name
        else:
            with pytest.raises(InputError, match=path.name) as caught:
                load_counts(path)
            assert "\n" not in str(caught.value)
