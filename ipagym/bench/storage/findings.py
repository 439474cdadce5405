"""Results of long searches, stored in the user's cache folder: workers and later commands need not search again.

A finding holds for one scenario and one state of the package's code. `IPAGYM_CACHE` names another folder.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from hashlib import sha256
from pathlib import Path

from platformdirs import user_cache_path

from ipagym.bench.storage.claim import claimed
from ipagym.bench.storage.code_mark import package_mark
from ipagym.system.cache import VARIABLE
from ipagym.system.files import write_atomically
from ipagym.task.scenario import Scenario

__all__ = ["VARIABLE", "found"]

_KNOWN: dict[str, str] = {}
"""Those of this process, by key: they hold where no folder can be written, too."""


def found(what: str, scenario: Scenario, search: Callable[[], str]) -> str:
    """What `search` finds for the scenario, from the cache where that is known; while one process searches, others
    that ask for the same wait.
    """
    key = sha256(repr((what, scenario.digest(), package_mark())).encode()).hexdigest()
    if key not in _KNOWN:
        _KNOWN[key] = _kept(_folder() / key[:32], search)
    return _KNOWN[key]


def _folder() -> Path:
    named = os.environ.get(VARIABLE)
    return Path(named) if named else user_cache_path("ipagym") / "findings"


def _kept(folder: Path, search: Callable[[], str]) -> str:
    path = folder / "found.txt"
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(claimed(folder, lambda where: None))
            known = _read(path)
        except OSError:  # a folder that cannot be used costs a search in each process, no more
            return search()
        if known is None:
            known = search()
            with suppress(OSError):  # a full disk, too
                write_atomically(path, f"{_mark(known)} {known}".encode())
        return known


def _read(path: Path) -> str | None:
    """The text of the file, if it is there and as it was written."""
    if not path.is_file():
        return None
    mark, _, text = path.read_bytes().decode(errors="replace").partition(" ")
    return text if mark == _mark(text) else None


def _mark(text: str) -> str:
    return sha256(text.encode()).hexdigest()
