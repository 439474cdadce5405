"""Files locked among processes, until they are closed or the process ends."""

import errno
import sys
from typing import IO

NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""Error numbers of file systems that know no locks."""

BUSY = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""Error numbers for a lock that another process holds."""


def try_lock(file: IO[bytes], *, waits: bool = False) -> bool:
    """Lock the file; false where another process has it, on Windows after ten seconds of waiting.

    Raises:
        OSError: the file cannot be locked at all, such as on a file system without locks (`NO_LOCKS`).
    """
    try:
        _lock(file, waits=waits)
    except OSError as error:
        if error.errno in BUSY:
            return False
        raise
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes], *, waits: bool) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if waits else msvcrt.LK_NBLCK, 1)

    def unlock(file: IO[bytes]) -> None:
        """Let others have the file."""
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes], *, waits: bool) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))

    def unlock(file: IO[bytes]) -> None:
        """Let others have the file, in so many words: a forked child may have it open, too."""
        fcntl.flock(file.fileno(), fcntl.LOCK_UN)
