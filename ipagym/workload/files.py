"""Files of users, read with a limit on size; a file that cannot be read is refused in one line."""

from pathlib import Path

from ipagym.system.errors import InputError
from ipagym.system.files import is_file


def bounded_bytes(path: Path, what: str, most_bytes: int) -> bytes:
    """The content of a file, called `what` in messages.

    At most `most_bytes` are read, whatever the reported size: special files report none.

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
    """The number in a word; `1_000` and digits of other scripts, which Python accepts, are refused.

    Raises:
        ValueError: it is not a number.
    """
    if "_" in word or not word.isascii():
        raise ValueError(f"{word!r} is not a number")
    return float(word)
