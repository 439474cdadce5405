"""Machine code on disk: made once for all processes, and made anew where it is damaged."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from io import BytesIO
from multiprocessing import parent_process
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any, TypeVar, cast

from numba import njit
from numba.core import config, event
from numba.core.caching import FunctionCache, IndexDataCacheFile

from ipagym.system.file_lock import try_lock, unlock

LOGGER = logging.getLogger("ipagym")

HAS_COMPILER = not config.DISABLE_JIT  # type: ignore[attr-defined]  # set from the environment
"""True if numba compiles; else its decorators return functions as they are."""

Function = TypeVar("Function", bound=Callable[..., object])

DIGEST_BYTES = 32
LONGEST_WAIT_S = 120.0
"""After so long a process that is being waited for is taken to be stopped."""


def kernel(function: Function) -> Function:
    """Compile a function, if numba's compiler is not switched off; the machine code is kept on disk."""
    if not HAS_COMPILER:
        return function
    compiled = njit(nogil=True)(function)
    keep(compiled, function)
    return cast(Function, compiled)


def keep(compiled: Any, function: Callable[..., object]) -> None:
    """Let what numba compiles of the function be kept, where there is a place for it."""
    try:
        compiled._cache = Kept(function)
    except RuntimeError:
        _tell_unkept()


class Kept(FunctionCache):
    """Machine code on disk. One process compiles what is missing while others wait for it."""

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)
        stamp, base = self._impl.locator.get_source_stamp(), self._impl.filename_base
        self._cache_file = Sealed(cache_path=self.cache_path, filename_base=base, source_stamp=stamp)

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The code for a signature, or None: then this process is the one to compile it."""
        found = super().load_overload(sig, target_context)
        if found is None and TURN.take(Path(self.cache_path), self):
            found = super().load_overload(sig, target_context)
            if found is not None:
                TURN.pass_on(self)
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if the disk lets it be kept."""
        try:
            super().save_overload(sig, data)
        except OSError:
            _tell_unkept()
        finally:
            TURN.pass_on(self)


class Sealed(IndexDataCacheFile):
    """numba's files with a digest at their ends: where it is wrong, they count as absent.

    numba would unpickle them as they are, and run the machine code in them.
    """

    def _load_index(self) -> Any:
        return super()._load_index() if _is_sound(Path(self._index_path)) else {}

    def _load_data(self, name: str) -> Any:
        if not _is_sound(Path(self._data_path(name))):
            raise FileNotFoundError(name)  # numba takes it for a file that was removed
        return super()._load_data(name)

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[IO[bytes]]:
        with super()._open_for_write(filepath) as file:
            buffer = BytesIO()
            yield buffer
            file.write(buffer.getvalue())
            file.write(sha256(buffer.getvalue()).digest())  # behind the pickle, where readers stop


def _is_sound(path: Path) -> bool:
    try:
        content = path.read_bytes()
    except OSError:
        return False
    return sha256(content[:-DIGEST_BYTES]).digest() == content[-DIGEST_BYTES:]


class CompilationTurn:
    """Whose turn it is to compile, among all processes that keep their code in one folder.

    `owner` is what the turn is for: it goes on through the compilation of whatever that calls.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._owner: object = None

    @property
    def is_mine(self) -> bool:
        """True if this process has it."""
        return self._file is not None

    def take(self, folder: Path, owner: object) -> bool:
        """Wait for the turn; whether it was got, so that another process may have had it meanwhile."""
        if self._file is not None or sys.platform == "win32":  # there, every process compiles for itself
            return False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / "ipagym.lock").open("wb")
        except OSError:
            return False
        if not _locked(file):
            file.close()
            return False
        self._file, self._owner = file, owner
        return True

    def pass_on(self, owner: object) -> None:
        """Let others have it, if that was what it was for."""
        if self._file is not None and owner is self._owner:
            unlock(self._file)
            self._file.close()
            self._file = self._owner = None


def _locked(file: IO[bytes]) -> bool:
    """Lock the file, however long others have it, within reason."""
    end_s = monotonic() + LONGEST_WAIT_S
    while monotonic() < end_s:
        try:
            if try_lock(file):
                return True
        except OSError:  # a file system without locks
            return False
        sleep(0.05)
    return False


class Failures(event.Listener):
    """Passes the turn on where there will be nothing to keep."""

    def on_start(self, event: Any) -> None:
        """The compilation of some function begins."""

    def on_end(self, event: Any) -> None:
        """It ends: with an overload, if it did not fail."""
        if tuple(event.data["args"]) not in event.data["dispatcher"].overloads:
            TURN.pass_on(event.data["dispatcher"]._cache)


@cache
def _tell_unkept() -> None:
    if parent_process() is None:
        LOGGER.warning("compiled code cannot be kept for the next start: set NUMBA_CACHE_DIR to a writable folder")


TURN = CompilationTurn()

event.register("numba:compile", Failures())
