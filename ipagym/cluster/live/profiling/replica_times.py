"""Service and start times of one variant, measured on a replica that rests as long as it works."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
from scipy.stats import t

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


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Service of one batch size on one number of cores, as the sender sees it, in seconds.

    `half_width_s` is that of the mean's 95 % interval by Student's t, as if samples did not depend on each other.
    `hop_s` is the median of what sending and receiving add to the time that the replica itself counts.
    """

    cores: int
    batch: int
    samples: int
    average_s: float
    half_width_s: float
    p99_s: float
    hop_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What was measured of a variant: its starts, the memory that it holds, and its service."""

    start_s: float
    memory_mib: float
    times: Sequence[Times]


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
        return Measured(
            start_s=float(np.mean([*starts_s, replica.start_s])),
            memory_mib=_memory_mib(replica.child),
            times=[_times(replica, plan, cores, batch) for cores in plan.cores for batch in plan.batches],
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

    def serve(self, items: Sequence[bytes], cores: int) -> Message:
        """The answers to a batch, with the seconds that the replica counts."""
        self._number += 1
        self.child.stream.sendall(Message(self._number, cores, items).packed())
        return next(self._messages)

    def _received(self) -> Iterator[Message]:
        inbox = Inbox()
        while received := self.child.stream.recv(RECEIVED_AT_ONCE):
            yield from inbox.take(received)
        raise IpagymError(f"a replica ended while it was measured: {last_words(self._errors)}")


def _start_s(model: Model, errors: Path) -> float:
    replica = Served(model, errors)
    replica.child.end()
    return replica.start_s


def _times(replica: Served, plan: Plan, cores: int, batch: int) -> Times:
    inputs = cycle(plan.inputs)
    replica.serve(list(islice(inputs, batch)), cores)  # the first on a number of cores may have to get ready
    service_s, hops_s = _samples(replica, inputs, cores, batch)
    mean_s = float(service_s.mean())
    half_width_s = t.ppf(0.975, len(service_s) - 1) * service_s.std(ddof=1) / np.sqrt(len(service_s))
    return Times(
        cores=cores,
        batch=batch,
        samples=len(service_s),
        average_s=mean_s,
        half_width_s=float(half_width_s),
        p99_s=float(max(mean_s, np.quantile(service_s, 0.99))),
        hop_s=float(np.median(hops_s)),
    )


def _samples(replica: Served, inputs: Iterator[bytes], cores: int, batch: int) -> tuple[np.ndarray, np.ndarray]:
    """Seconds of service as the one who sends the batches sees them, and the part that the way there and back took."""
    samples: list[float] = []
    hops: list[float] = []
    while len(samples) < MOST_SAMPLES and (len(samples) < LEAST_SAMPLES or 2 * sum(samples) < LEAST_S):
        items = list(islice(inputs, batch))
        begun = perf_counter()
        answer = replica.serve(items, cores)
        samples.append(perf_counter() - begun)
        hops.append(samples[-1] - answer.value)
        sleep(samples[-1])
    return np.array(samples), np.array(hops)


def _memory_mib(child: Child) -> float:
    """Resident memory of the process."""
    status = Path(f"/proc/{child.pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024
