"""Bytes as text: their encoding, their lines, and the place of a mistake."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from ipagym.system.errors import InputError
from ipagym.workload.recorded.unpacking import BLOCK, Opener

MOST_LINE = 10_000_000
"""Characters of a line, which is held in memory as a whole wherever lines matter."""

LONGEST_TOKEN = 40
ENCODINGS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class Guarded:
    """A text for `pandas`, read block by block, with a limit on the length of lines."""

    def __init__(self, text: TextIO, path: Path) -> None:
        self._text, self._path, self._since = text, path, 0

    def read(self, size: int = -1) -> str:
        """The next characters; none at the end."""
        content = self._text.read(size if size > 0 else BLOCK)
        last = content.rfind("\n")
        self._since = self._since + len(content) if last < 0 else len(content) - last
        if self._since > MOST_LINE:
            raise too_long(self._path)
        return content

    def readline(self) -> str:
        """The next line."""
        return self._text.readline(MOST_LINE)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.readline()
        if not line:
            raise StopIteration
        return line


@contextmanager
def opened_text(opener: Opener) -> Iterator[TextIO]:
    """The text, UTF-8 or UTF-16 by its first bytes, with uniform line ends; invalid bytes stay visible."""
    with opener() as file:
        start = file.read(3)
    encoding = next((name for mark, name in ENCODINGS.items() if start.startswith(mark)), "utf-8")
    with io.TextIOWrapper(cast(BinaryIO, opener()), encoding=encoding, errors="replace") as text:
        yield text


def too_long(path: Path) -> InputError:
    """The error for a line that is too long to be one."""
    return InputError(f"{path} has a line of more than {MOST_LINE} characters: write one number or record a line")


def lines(text: TextIO, path: Path) -> Iterator[str]:
    """The lines, with their ends."""
    while line := text.readline(MOST_LINE):
        if len(line) == MOST_LINE:
            raise too_long(path)
        yield line


def at(path: Path, place: str, token: str, wrong: str) -> InputError:
    """The error for a token: file, place (`line 3`), and what is wrong with it."""
    shown = token if len(token) <= LONGEST_TOKEN else token[:LONGEST_TOKEN] + "…"
    return InputError(f"{path}, {place}: {shown!r} {wrong}")


def line_of_record(opener: Opener, path: Path, record: int) -> str:
    """The line, counted from 1, that holds the record of that number, counted from 0 and with the header."""
    with opened_text(opener) as text:
        numbered = (number for number, line in enumerate(lines(text, path), 1) if is_record(line))
        return f"line {next(islice(numbered, record, None), 0)}"


def is_record(line: str) -> bool:
    """True for lines that are neither blank nor comments."""
    return bool(line.strip()) and not line.lstrip().startswith("#")
