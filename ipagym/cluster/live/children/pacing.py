"""Cores by pacing: after a batch the replica sleeps until that took as long as it would have on its cores."""

from collections.abc import Callable, Sequence
from time import perf_counter, sleep, thread_time

Serve = Callable[[Sequence[bytes], int], Sequence[bytes]]


def paced(serve: Serve, core_share: float) -> Serve:
    """The same service on cores each of which is `core_share` (0..1) of a real one.

    A batch takes its processor time, of the one thread that works, over the share that its cores have of a real core;
    a share above 1 changes nothing.
    """

    def slowed(items: Sequence[bytes], cores: int) -> Sequence[bytes]:
        begun, worked = perf_counter(), thread_time()
        answers = serve(items, cores)
        rest_s = begun + (thread_time() - worked) / (cores * core_share) - perf_counter()
        if rest_s > 0:
            sleep(rest_s)
        return answers

    return slowed
