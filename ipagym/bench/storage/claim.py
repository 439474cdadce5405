"""One comparison at a time in a folder of results."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ipagym.system.file_lock import NO_LOCKS, try_lock

FILE_NAME = ".in-use"


def say_waiting(folder: Path) -> None:
    """Tell that the folder is in use."""
    print(f"waiting: another comparison writes into {folder}", file=sys.stderr)


@contextmanager
def claimed(folder: Path, say: Callable[[Path], object] = say_waiting) -> Iterator[None]:
    """Lock the existing folder against other comparisons; `say` is called if there is a wait. When a process dies, the
    system releases its lock.
    """
    with (folder / FILE_NAME).open("a+b") as file:
        if not _is_ours(file, waits=False):
            say(folder)
            while not _is_ours(file, waits=True):
                pass
        yield


def _is_ours(file: IO[bytes], *, waits: bool) -> bool:
    """True if the file is locked, and on file systems without locks, where a claim has no effect."""
    try:
        return try_lock(file, waits=waits)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        return True
