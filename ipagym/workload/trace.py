"""The Twitter trace of the IPA and InfAdapter papers, from a file that the user supplies."""

import bz2
import re
import tarfile
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from io import SEEK_CUR
from pathlib import Path
from string import whitespace

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.system.files import is_file
from ipagym.workload.files import bounded_bytes

MAX_TRACE_BYTES = 100_000_000
BLOCK_BYTES = 1_000_000
GAP = re.compile(rb"\s")
NO_COUNT = re.compile(rb"[^\s0-9-]")
LINE_END = re.compile(rb"[\r\n]")
SIDE_BY_SIDE = re.compile(rb"[0-9][^\S\r\n]+[0-9]")
ONE_BELOW_THE_OTHER = re.compile(rb"[0-9]\s*[\r\n]\s*[0-9]")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MAX_COUNT = 1_000_000
MAX_WORD = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class TraceWindow:
    """Seconds cut from a trace: `counts` requests in each. `digest` identifies the values."""

    name: str
    counts: tuple[int, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        if not self.counts:
            raise InputError(f"trace window {self.name} is empty: choose seconds inside the trace")
        object.__setattr__(self, "digest", sha256(repr(self.counts).encode()).hexdigest()[:16])

    @property
    def duration_s(self) -> int:
        """Length in seconds."""
        return len(self.counts)

    @property
    def origin(self) -> str:
        """The seconds, and the trace that they are cut from."""
        window = WINDOWS[self.name]
        spans = " and ".join(dict.fromkeys(f"{start}-{end}" for start, end in window.spans))
        days = " and ".join(dict.fromkeys(str(start // DAY_S) for start, _ in window.spans))
        return f"seconds {spans} of the Twitter trace (day {days}, of test), counts divided by {window.damping}"

    def rates_rps(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """Requests per second of each second, shape (duration_s,)."""
        return np.array(self.counts, dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True)
class PaperWindow:
    """Seconds [start, end) of the trace, one span after the other; counts are divided by `damping` and rounded down."""

    spans: tuple[tuple[int, int], ...]
    damping: int


DAY_S = 86_400

WINDOWS: dict[str, PaperWindow] = {
    "bursty": PaperWindow(spans=((1301160, 1302360),), damping=8),
    "steady-low": PaperWindow(spans=((1299600, 1300800),), damping=8),
    "steady-high": PaperWindow(spans=((1768800, 1769400), (1768800, 1769400)), damping=8),
    "fluctuating": PaperWindow(spans=((1301400, 1302000), (1308600, 1309200)), damping=8),
    "infadapter-bursty": PaperWindow(spans=((15 * DAY_S + 82 * 60, 15 * DAY_S + 103 * 60),), damping=1),
    "infadapter-non-bursty": PaperWindow(spans=((16 * DAY_S + 95 * 60, 16 * DAY_S + 120 * 60),), damping=1),
}
"""IPA's four 20-minute loads, and InfAdapter's two, as seconds of the trace (their released configurations)."""


def load_counts(path: Path) -> NDArray[np.int64]:
    """Requests of every second: integers in a text file, or in `workload.txt` in a .tbz2 archive.

    They are all on one line, or one on each line: in a table, numbers beside the counts would be read as counts.

    Raises:
        InputError: the file is missing, empty, too large, corrupt, or holds anything but integers of 0 or more.
    """
    if not is_file(path):
        raise InputError(f"no trace file {path}: give the path of workload.tbz2 or workload.txt")
    return _load_counts(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load_counts(path: Path, mtime_ns: int) -> NDArray[np.int64]:
    is_packed = path.suffix in (".tbz2", ".bz2")
    text = _archive_text(path) if is_packed else bounded_bytes(path, "trace", MAX_TRACE_BYTES)
    text = text.removeprefix(BYTE_ORDER_MARK)
    _check_text(text, path)
    try:
        counts = _numbers(text)
    except (ValueError, OverflowError):
        raise InputError(f"trace {path} must hold integers in 0..{MAX_COUNT} separated by spaces") from None
    if not counts.size:
        raise InputError(f"trace {path} is empty: it must hold one integer per second")
    if counts.min() < 0 or counts.max() > MAX_COUNT:
        raise InputError(f"trace {path} must hold counts in 0..{MAX_COUNT}, not {counts.min()}..{counts.max()}")
    counts.setflags(write=False)
    return counts


def _check_text(text: bytes, path: Path) -> None:
    """Refuse tables, and integers of Python that are not plain counts."""
    if wrong := NO_COUNT.search(text):
        start = max(text.rfind(bytes([gap]), 0, wrong.start()) for gap in whitespace.encode()) + 1
        word = text[start : start + MAX_WORD].split()[0].decode("latin-1")
        raise InputError(
            f"trace {path} must hold integers separated by spaces or line ends, as plain text and digits only: "
            f"{word!r} is none"
        )
    has_lines = LINE_END.search(text.strip()) is not None
    if has_lines and SIDE_BY_SIDE.search(text) and ONE_BELOW_THE_OTHER.search(text):
        raise InputError(
            f"trace {path} has lines of several integers: leave the counts alone, one per second, "
            "all on one line or one on each"
        )


def _numbers(text: bytes) -> NDArray[np.int64]:
    """The integers of a text, block by block: as words, all of them would take many times the text's memory."""
    blocks, start = [np.zeros(0, dtype=np.int64)], 0
    while start < len(text):
        gap = GAP.search(text, start + BLOCK_BYTES)
        end = gap.start() if gap else len(text)
        blocks.append(np.array(text[start:end].split(), dtype=np.int64))
        start = end
    return np.concatenate(blocks)


def paper_window(name: str, path: Path) -> TraceWindow:
    """One of the papers' loads, cut from the trace file and divided as in the paper."""
    counts, window = load_counts(path), WINDOWS[name]
    parts = [_cut(counts, start, end, path) for start, end in window.spans]
    return TraceWindow(name=name, counts=tuple((np.concatenate(parts) // window.damping).tolist()))


def _cut(counts: NDArray[np.int64], start_s: int, end_s: int, path: Path) -> NDArray[np.int64]:
    if not 0 <= start_s < end_s <= len(counts):
        raise InputError(
            f"seconds {start_s}-{end_s} are not in trace {path}, which has 0-{len(counts)}: "
            "choose seconds inside it, or take all of it as the load trace:PATH"
        )
    return counts[start_s:end_s]


def _too_large(path: Path, size: int) -> InputError:
    return InputError(f"trace {path} holds {size} bytes, more than the {MAX_TRACE_BYTES} allowed")


def _archive_text(path: Path) -> bytes:
    """The text of `workload.txt` in a tar archive, read header by header.

    Only plain members are looked at: long names and other extensions of the format can be made to unpack to any size.
    """
    unpacked = 0
    try:
        with bz2.open(path) as archive:
            while any(header := archive.read(tarfile.BLOCKSIZE)):
                entry = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
                if entry.size < 0:
                    raise tarfile.ReadError("negative size")
                unpacked += tarfile.BLOCKSIZE + entry.size
                if unpacked > MAX_TRACE_BYTES:
                    raise _too_large(path, unpacked)
                if entry.isreg() and entry.name.endswith("workload.txt"):
                    return archive.read(entry.size)
                archive.seek(-(-entry.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE, SEEK_CUR)
        raise InputError(f"archive {path} holds no workload.txt")
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"archive {path} cannot be read: is it a bzip2 tar file?") from None
