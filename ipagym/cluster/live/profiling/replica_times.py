"""Service and start times of one variant, measured on a replica that rests as long as it works."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter, sleep

import numpy as np

from ipagym.cluster.live.children.framing import Inbox, Message
from ipagym.cluster.live.children.replica import RECEIVED_AT_ONCE
from ipagym.cluster.live.process import Child, last_words, spawn
from ipagym.cluster.live.program import Model
from ipagym.system.errors import IpagymError

STARTS = 3
"""Starts that are timed."""

LEAST_SAMPLES, MOST_SAMPLES = 25, 200
LEAST_S = 0.8
"""Batches of a size are served until there are so many of them and so long, with the rests, or `MOST_SAMPLES`."""

Seconds = Mapping[int, float]
"""By batch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Seconds of service by batch, on one number of cores."""

    average_s: Seconds
    p99_s: Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What was measured of a variant: its start, the memory that it holds, and its service times by cores.

    `answers` are those to the inputs, with which the next stage can be measured.
    """

    start_s: float
    memory_mib: float
    on_cores: Mapping[int, Times]
    answers: Sequence[bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What a variant is measured with, inputs in turn, and on which batches and cores."""

    inputs: Sequence[bytes]
    batches: Sequence[int]
    cores: Sequence[int]


def measure(model: Model, plan: Plan, errors: Path) -> Measured:
    """Measure a model; what its replicas write to standard error is added to the file `errors`.

    After each batch the replica rests for as long as that took: half load, as a saturated one is slower than in use.

    Raises:
        IpagymError: a replica ended.
    """
    starts_s = [_start_s(model, errors) for _ in range(STARTS - 1)]
    replica = Served(model, errors)
    try:
        on_cores = {cores: _times(replica, plan, cores) for cores in plan.cores}
        return Measured(
            start_s=float(np.mean([*starts_s, replica.start_s])),
            memory_mib=_memory_mib(replica.child),
            on_cores=on_cores,
            answers=[replica.serve([item], plan.cores[-1])[0] for item in plan.inputs],
        )
    finally:
        replica.child.end()


class Served:
    """A replica that is started and served with in turn."""

    def __init__(self, model: Model, errors: Path) -> None:
        begun = perf_counter()
        self.child = spawn("replica", {"model": model}, errors)
        self._errors = errors
        self._messages = self._received()
        next(self._messages)
        self.start_s = perf_counter() - begun
        self._number = 0

    def serve(self, items: Sequence[bytes], cores: int) -> Sequence[bytes]:
        """The answers to a batch."""
        self._number += 1
        self.child.stream.sendall(Message(self._number, cores, items).packed())
        return next(self._messages).items

    def _received(self) -> Iterator[Message]:
        inbox = Inbox()
        while received := self.child.stream.recv(RECEIVED_AT_ONCE):
            yield from inbox.take(received)
        raise IpagymError(f"a replica ended while it was measured: {last_words(self._errors)}")


def _start_s(model: Model, errors: Path) -> float:
    replica = Served(model, errors)
    replica.child.end()
    return replica.start_s


def _times(replica: Served, plan: Plan, cores: int) -> Times:
    inputs = cycle(plan.inputs)
    samples = {batch: _samples(replica, inputs, batch, cores) for batch in plan.batches}
    return Times(
        average_s={batch: float(seconds.mean()) for batch, seconds in samples.items()},
        p99_s={batch: float(max(seconds.mean(), np.quantile(seconds, 0.99))) for batch, seconds in samples.items()},
    )


def _samples(replica: Served, inputs: Iterator[bytes], batch: int, cores: int) -> np.ndarray:
    """Seconds of service, as the one who sends the batches sees them."""
    samples: list[float] = []
    while len(samples) < MOST_SAMPLES and (len(samples) < LEAST_SAMPLES or 2 * sum(samples) < LEAST_S):
        items = list(islice(inputs, batch))
        begun = perf_counter()
        replica.serve(items, cores)
        samples.append(perf_counter() - begun)
        sleep(samples[-1])
    return np.array(samples)


def _memory_mib(child: Child) -> float:
    """Resident memory of the process."""
    status = Path(f"/proc/{child.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
