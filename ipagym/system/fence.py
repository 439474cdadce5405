"""Limits on what runs in a worker process, so that one that keeps none costs its own work and nothing else.

They keep out mistakes, not malice: what runs in a process may undo them.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import wait
from typing import NoReturn

from ipagym.system.errors import InputError

GIB = 2**30


@dataclass(frozen=True, kw_only=True, slots=True)
class Fence:
    """Seconds of real time for a decision and for a whole task, and memory in GiB that a process may hold.

    `decision_s` holds where the system has interval timers (not on Windows), `memory_gib` where it limits memory by
    process (Linux).

    Raises:
        InputError: a limit is not a positive number.
    """

    decision_s: float
    task_s: float
    memory_gib: float = 4.0

    def __post_init__(self) -> None:
        limits = {"decision limit": self.decision_s, "task limit": self.task_s, "memory limit": self.memory_gib}
        for name, value in limits.items():
            if not 0 < value < float("inf"):
                raise InputError(f"the {name} must be above 0 and finite, not {value}")


def guard_process(memory_gib: float | None) -> None:
    """Make a worker process end with its parent, and limit its memory."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _leave_visibly()
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if memory_gib is not None:
        _limit_memory(int(memory_gib * GIB))


@contextmanager
def ends_process_after(seconds: float | None) -> Iterator[None]:
    """End the process by SIGALRM where the body takes longer, even where it never comes back from compiled code."""
    if seconds is None or sys.platform == "win32":
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def how_it_ended(code: int, fence: Fence | None) -> str:
    """In words, why a worker process ended before its task did; `code` is its exit code, below 0 for a signal."""
    if code >= 0:
        return "it exited the process"
    name = signal.Signals(-code).name
    if fence is not None and name == "SIGALRM":
        return f"no decision within {fence.decision_s:g} s"
    return f"its process was ended by {name}"


def _leave_visibly() -> None:
    """Exit with a code other than 0 in the midst of a task: pebble takes 0 for a worker that ended as it was told, and
    would wait for the task until its limit.
    """
    leave = os._exit

    def visibly(status: int) -> NoReturn:
        leave(status or 1)

    os._exit = visibly


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


if sys.platform == "linux":
    import resource

    def _limit_memory(size: int) -> None:
        # RLIMIT_AS would count what is only mapped: libraries, and stacks of threads that nothing touches.
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        most = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))

else:

    def _limit_memory(size: int) -> None:
        """Other systems do not limit the memory of a process."""
