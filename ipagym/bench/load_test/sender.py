"""Requests that are sent at their times, without waiting for earlier answers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import aiohttp
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ipagym.bench.load_test.target import Target
from ipagym.random.streams import Streams
from ipagym.system.errors import InputError
from ipagym.workload.arrivals import arrival_times
from ipagym.workload.protocol import Workload
from ipagym.workload.rates import checked_rates

SPIN_S = 0.001
"""An event loop wakes up to so late: the last bit before a request is waited for in turns without sleep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A request: seconds from the start at which it was due, how late it was sent, from its time to the answer, and the
    status (0 where there was none) and whether it counts.
    """

    due_s: float
    lateness_s: float
    latency_s: float
    status: int
    ok: bool


def times_of(workload: Workload, seed: int, arrivals: str = "poisson") -> NDArray[np.float64]:
    """Seconds at which requests are due: those that a simulator has under the seed."""
    streams = Streams.spawn(seed)
    return arrival_times(checked_rates(workload, streams.load), arrivals, streams.arrivals)


async def sent(
    target: Target, times_s: NDArray[np.float64], *, timeout_s: float, is_over: Callable[[], bool]
) -> list[Sent]:
    """Send a request at each time, until `is_over`; return once all are answered or given up.

    Latency counts from the time at which a request was due, so that a server that delays the sender does not look
    better.

    Raises:
        InputError: the server cannot be reached at all.
    """
    # As many connections as there are requests under way: to wait for one would hold the load up.
    connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        await _probe(session, target)
        start_s = perf_counter()
        tasks = []
        for due_s in times_s.tolist():
            if is_over():
                break
            await _until(start_s + due_s)
            tasks.append(asyncio.create_task(_one(session, target, due_s, start_s)))
        return list(await asyncio.gather(*tasks))


def frame(requests: list[Sent]) -> pd.DataFrame:
    """A row for each request, in order of their times."""
    return pd.DataFrame([{name: getattr(each, name) for name in Sent.__slots__} for each in requests])


async def _probe(session: aiohttp.ClientSession, target: Target) -> None:
    """One request ahead, whose answer does not count."""
    try:
        await target.asked(session)
    except aiohttp.InvalidURL:
        raise InputError(f"{target.url} is no URL") from None
    except (TimeoutError, aiohttp.ClientError) as error:
        raise InputError(f"{target.url} cannot be reached: {error or type(error).__name__}") from None


async def _until(due_s: float) -> None:
    if (rest_s := due_s - perf_counter() - SPIN_S) > 0:
        await asyncio.sleep(rest_s)
    while perf_counter() < due_s:
        await asyncio.sleep(0)


async def _one(session: aiohttp.ClientSession, target: Target, due_s: float, start_s: float) -> Sent:
    lateness_s = perf_counter() - start_s - due_s
    try:
        status, ok = await target.asked(session)
    except (TimeoutError, aiohttp.ClientError):  # refused, reset or too late: no answer
        status, ok = 0, False
    latency_s = perf_counter() - start_s - due_s
    return Sent(due_s=due_s, lateness_s=lateness_s, latency_s=latency_s, status=status, ok=ok)
