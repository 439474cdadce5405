"""Numbers without names: counts or times, all on one line or one on each."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError
from ipagym.workload.files import plain_number
from ipagym.workload.recorded.text import at, lines, opened_text
from ipagym.workload.recorded.times import NUMBER
from ipagym.workload.recorded.unpacking import BLOCK, Opener

STRANGE = re.compile(r"[^0-9eE+.\s-]")
COMMENT = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
SEVERAL = (
    "has lines of several numbers: leave the counts alone, one per second, all on one line or one on each, or write a "
    "header line and name the column (?column=NAME)"
)


def numbers(opener: Opener, path: Path) -> Iterator[NDArray[np.float64]]:
    """The numbers block by block, all finite and 0 or more. Lines that begin with # are comments. In a single line,
    numbers may be separated by commas.

    Raises:
        InputError: there is anything else, or several lines have several numbers.
    """
    line_count, token_count, is_open = 0, 0, False
    for text in _blocks(opener, path):
        tokens, first, last = text.split(), text.partition("\n")[0], text.rpartition("\n")[2]
        line_count += sum(map(bool, map(str.strip, text.split("\n")))) - (is_open and bool(first.strip()))
        token_count += len(tokens)
        is_open = bool(last.strip()) or (is_open and "\n" not in text)
        values = None if STRANGE.search(text) else _values(tokens)
        if values is None or not ((values >= 0) & (values < np.inf)).all():
            raise _first_wrong(opener, path)
        if line_count > 1 and token_count != line_count:
            raise InputError(f"{path} {SEVERAL}")
        yield values


def _blocks(opener: Opener, path: Path) -> Iterator[str]:
    """The text in pieces that end where a token does."""
    rest = ""
    with opened_text(opener) as text:
        while content := text.read(BLOCK):
            content = rest + content
            gap = content.rfind("\n") if "#" in content else max(map(content.rfind, "\n \t,"))
            if gap < 0 and len(content) > 2 * BLOCK:
                raise _first_wrong(opener, path)
            rest = content[gap + 1 :]
            yield _without_comments(content[: gap + 1])
    yield _without_comments(rest)


def _without_comments(text: str) -> str:
    text = COMMENT.sub("", text) if "#" in text else text
    return text.replace(",", " ")


def _values(tokens: list[str]) -> NDArray[np.float64] | None:
    try:
        return np.array(tokens, dtype=np.float64)
    except ValueError:
        return None


def _first_wrong(opener: Opener, path: Path) -> InputError:
    """The error for the first token that is not a number of 0 or more; the text is read again."""
    with opened_text(opener) as text:
        for number, line in enumerate(lines(text, path), 1):
            for token in [] if line.lstrip().startswith("#") else line.replace(",", " ").split():
                if not _is_number(token):
                    return at(path, f"line {number}", token, NUMBER)
    return InputError(f"{path} holds something that is no number: write numbers of 0 or more, in plain digits")


def _is_number(token: str) -> bool:
    try:
        return 0 <= plain_number(token) < np.inf
    except ValueError:
        return False
