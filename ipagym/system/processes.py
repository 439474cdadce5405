"""Tasks in several processes, each of which may be killed without harm to the others."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import current_process, get_context
from typing import Any, Generic, TypeVar

from pebble import ProcessExpired, ProcessPool

from ipagym.system.errors import InputError, IpagymError
from ipagym.system.fence import Fence, guard_process, how_it_ended

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that took its process with it, or was ended with it."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Sent(Generic[Result]):
    """A task as bytes: a worker that cannot even read it fails at the task, and not at fetching it."""

    content: bytes

    def __call__(self) -> Result:
        task: Callable[[], Result] = pickle.loads(self.content)  # noqa: S301 - ours, from the parent process
        return task()


def check_main_guard() -> None:
    """Make sure that this is no worker process which, on its start, runs the user's whole script once more.

    Raises:
        InputError: it is. It would wait for what its parent holds, and its parent for it.
    """
    # What multiprocessing itself looks at before it starts a process; it has no public name.
    if getattr(current_process(), "_inheriting", False):
        raise InputError('a worker process runs the script again: put the call under `if __name__ == "__main__":`')


def as_they_finish(tasks: Sequence[Callable[[], Result]], workers: int) -> Iterator[tuple[int, Result]]:
    """The number of each task with its result, in order of completion; tasks must be picklable where workers > 1.

    Raises:
        IpagymError: a worker process ended before its task did.
    """
    if workers <= 1:
        for number, task in enumerate(tasks):
            yield number, task()
        return
    for number, found in fenced(tasks, workers, None):
        if isinstance(found, Lost):
            raise IpagymError(f"a worker process is lost: {found.reason}")
        yield number, found


def fenced(
    tasks: Sequence[Callable[[], Result]], workers: int, fence: Fence | None
) -> Iterator[tuple[int, Result | Lost]]:
    """The number of each task with its result, in order of completion, all in worker processes, even if in one.

    Raises:
        IpagymError: worker processes cannot be started.
    """
    sent = [pickle.dumps(task) for task in tasks]
    with opened(workers, fence) as pool:
        futures: dict[Future[Result], int] = {
            _schedule(pool, content, fence): number for number, content in enumerate(sent)
        }
        for future in as_completed(futures):
            found: Result | Lost = _result(future, fence)
            yield futures[future], found


def run_sent(content: bytes, pool: ProcessPool, fence: Fence) -> Any:
    """The result of one pickled task in an open pool, or `Lost`.

    Raises:
        IpagymError: worker processes cannot be started.
    """
    return _result(_schedule(pool, content, fence), fence)


@contextmanager
def opened(workers: int, fence: Fence | None) -> Iterator[ProcessPool]:
    """Worker processes for the length of the body; one that is lost is replaced."""
    pool = ProcessPool(
        workers,
        initializer=guard_process,
        initargs=(None if fence is None else fence.memory_gib,),
        context=get_context("spawn"),
    )
    try:
        yield pool
        pool.close()  # type: ignore[no-untyped-call]
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()


def _schedule(pool: ProcessPool, content: bytes, fence: Fence | None) -> "Future[Result]":
    future: Future[Result] = pool.schedule(_Sent(content), timeout=None if fence is None else fence.task_s)
    return future


def _result(future: "Future[Result]", fence: Fence | None) -> Result | Lost:
    error = future.exception()
    if isinstance(error, ProcessExpired):
        return Lost(how_it_ended(error.exitcode, fence))
    if isinstance(error, TimeoutError) and fence is not None:
        return Lost(f"not done within {fence.task_s:g} s")
    if isinstance(error, BrokenProcessPool):
        raise IpagymError(
            'worker processes end as soon as they start: does the script have its `if __name__ == "__main__":`?'
        ) from error
    return future.result()
