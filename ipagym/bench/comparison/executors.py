"""Executors that run the episodes of a comparison outside of its process."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ipagym.system.fence import Fence
from ipagym.system.processes import Lost, fenced

Result = TypeVar("Result")


class Executor(Protocol):
    """Worker processes, here or on other machines."""

    def run(self, tasks: Sequence[Callable[[], Result]], fence: Fence) -> Iterator[tuple[int, Result | Lost]]:
        """The number of each task with its result, in order of completion; tasks must be picklable.

        No process runs tasks of two calls.

        Raises:
            IpagymError: nothing can be run there.
        """


@dataclass(frozen=True, slots=True)
class Processes:
    """Worker processes on this machine, at most one per core."""

    workers: int

    def run(self, tasks: Sequence[Callable[[], Result]], fence: Fence) -> Iterator[tuple[int, Result | Lost]]:
        """The number of each task with its result, in order of completion."""
        return fenced(tasks, max(1, min(self.workers, os.cpu_count() or 1, len(tasks))), fence)
