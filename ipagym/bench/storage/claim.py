"""One comparison at a time in a folder of results."""

import errno
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

FILE_NAME = ".in-use"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems say that know no locks: there a claim keeps nobody out."""

BUSY = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What systems say of a lock that another process holds."""


def _say(folder: Path) -> None:
    print(f"waiting: another comparison writes into {folder}", file=sys.stderr)


@contextmanager
def claimed(folder: Path, say: Callable[[Path], object] = _say) -> Iterator[None]:
    """Keep the folder, which must be there, from other comparisons; `say` that one has to be waited for.

    When a process dies, the system frees what it had claimed.
    """
    with (folder / FILE_NAME).open("a+b") as file:
        if not _is_locked(file, waits=False):
            say(folder)
            while not _is_locked(file, waits=True):
                pass
        yield


def _is_locked(file: IO[bytes], *, waits: bool) -> bool:
    """Lock the file until it is closed, and tell whether that was possible."""
    try:
        _lock(file, waits=waits)
    except OSError as error:
        if error.errno not in (*NO_LOCKS, *BUSY):
            raise
        return error.errno in NO_LOCKS
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, waits: bool) -> None:
        """Waiting ends with an error after ten seconds."""
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if waits else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes], *, waits: bool) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
