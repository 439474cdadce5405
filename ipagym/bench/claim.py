"""One comparison at a time in a folder of results."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ipagym.errors import InputError

FILE_NAME = ".in-use"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems say that know no locks: there a claim keeps nobody out."""


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep the folder, which must be there, from other comparisons; the system gives it free when a process dies.

    Raises:
        InputError: another comparison writes into it.
    """
    with (folder / FILE_NAME).open("a+b") as file:
        try:
            _lock(file)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise InputError(
                    f"another comparison writes into {folder}: wait for it, or choose another --out"
                ) from None
        yield


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
