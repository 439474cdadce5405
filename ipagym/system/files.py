"""Files that are either complete or absent, and names that no file can have."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import mkstemp
from time import time
from typing import IO

from ipagym.system.errors import InputError

SUFFIX = ".ipagym-tmp"
STALE_S = 3600.0
"""A file that was not written to for so long has no writer."""


def is_file(path: Path) -> bool:
    """True if there is a file of that name; false for names that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def make_folder(out: Path) -> None:
    """Make the folder ahead of minutes of work whose results could not be written.

    Raises:
        InputError: it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(f"the folder for results cannot be made ({reason}): choose another --out, not {out}") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path`, making its folder; a reader sees the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=SUFFIX)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _share(temporary)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove_leftovers(folder: Path) -> None:
    """Remove what killed writers left in a folder and below: files half written, untouched for a long time."""
    for path in folder.rglob(f".*{SUFFIX}"):
        if time() - path.stat().st_mtime > STALE_S:
            path.unlink(missing_ok=True)


def content_of(write: Callable[[IO[bytes]], object]) -> bytes:
    """The bytes that `write` puts into the binary file that it is given."""
    buffer = BytesIO()
    write(buffer)
    return buffer.getvalue()


def _share(path: str) -> None:
    """Give the file the usual permissions: temporary files are made for their owner only."""
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(path, 0o666 & ~mask)
