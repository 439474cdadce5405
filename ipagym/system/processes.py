"""Tasks in several processes."""

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

Result = TypeVar("Result")


def as_they_finish(tasks: Sequence[Callable[[], Result]], workers: int) -> Iterator[tuple[int, Result]]:
    """The number of each task with its result, in order of completion; tasks must be picklable where workers > 1."""
    if workers <= 1:
        for number, task in enumerate(tasks):
            yield number, task()
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_die_quietly) as pool:
        try:
            futures = {pool.submit(task): number for number, task in enumerate(tasks)}
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _die_quietly() -> None:
    """On Ctrl-C end a worker process without a traceback; the parent tells what happened."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
