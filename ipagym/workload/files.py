"""Files of users: read within bounds, and refused in one line where they cannot be read."""

from pathlib import Path

from ipagym.system.errors import InputError
from ipagym.system.files import is_file


def bounded_bytes(path: Path, what: str, most_bytes: int) -> bytes:
    """The content of a file, called `what` in messages.

    No more than `most_bytes` is read whatever size the file claims to have: special files claim none.

    Raises:
        InputError: there is no such file, it cannot be read, or it is larger.
    """
    if not is_file(path):
        raise InputError(f"no {what} {path}: give the path of a text file")
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise InputError(f"{what} {path} cannot be read ({error.strerror}): give the path of a text file") from None
    if len(content) > most_bytes:
        raise InputError(f"{what} {path} is larger than the {most_bytes} bytes allowed: cut it shorter")
    return content


def plain_number(word: str) -> float:
    """The number that a word is; Python would take `1_000` and the digits of every script for one.

    Raises:
        ValueError: it is none.
    """
    if "_" in word or not word.isascii():
        raise ValueError(f"{word!r} is no number")
    return float(word)
