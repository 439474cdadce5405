"""The network before the cluster: a wireless link with varying bandwidth, so that the time left to serve a request
varies. A request arrives payload / bandwidth seconds after it was sent, with the bandwidth of the second of sending.
Its deadline counts from the sending, so a slow link leaves less time to serve it: Sponge's dynamic SLO (arXiv
2404.00704).
"""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ipagym.system.errors import InputError, unknown_name
from ipagym.workload.files import bounded_bytes, plain_number

Seconds = NDArray[np.float64]

KIB = 1024.0
SPONGE_PAYLOAD_BYTES = 253 * 400 * 3
"""The decoded picture that Sponge's released runs sent, 296.5 KiB; its logged deadlines follow from it."""

MIN_BANDWIDTH_MBPS, MAX_BANDWIDTH_MBPS = 1e-3, 1e6
MOST_REQUESTS = 10_000_000
"""Most requests of an episode behind a network: they are sorted by arrival in advance."""

MAX_TRACE_BYTES = 10_000_000


class Bandwidth(Protocol):
    """The speed of the link in megabytes (10^6 bytes) per second; the same generator state gives the same link."""

    def mb_per_s(self, rng: np.random.Generator, duration_s: int) -> Seconds:
        """The bandwidth in each second, shape (duration_s,), all above 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FourG:
    """A random process fitted to a 4G trace: a slow autoregression plus fast noise around a mean, between bounds.

    The defaults are fitted to the bus trace that Sponge used (607 s of the 4G/LTE dataset of Ghent University): its
    mean, standard deviation, least and most, and its autocorrelation of 0.75 after 1 s, 0.44 after 5 and 0.16 after 10.
    """

    mean_mb_per_s: float = 3.29
    deviation_mb_per_s: float = 1.23
    memory: float = 0.85
    slow_share: float = 0.88
    least_mb_per_s: float = 0.41
    most_mb_per_s: float = 6.67

    def mb_per_s(self, rng: np.random.Generator, duration_s: int) -> Seconds:
        """Of each second, shape (duration_s,)."""
        slow, fast = rng.standard_normal((2, duration_s))
        slow[1:] *= np.sqrt(1 - self.memory**2)
        for second in range(1, duration_s):
            slow[second] += self.memory * slow[second - 1]
        noise = np.sqrt(self.slow_share) * slow + np.sqrt(1 - self.slow_share) * fast
        bandwidth = self.mean_mb_per_s + self.deviation_mb_per_s * noise
        return np.asarray(np.clip(bandwidth, self.least_mb_per_s, self.most_mb_per_s))


@dataclass(frozen=True, kw_only=True, slots=True)
class BandwidthTrace:
    """Measured bandwidth by second; it restarts at its end."""

    name: str
    values: tuple[float, ...]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        if not self.values:
            raise InputError(f"bandwidth trace {self.name} is empty: it needs one number per second")
        if not all(MIN_BANDWIDTH_MBPS <= value <= MAX_BANDWIDTH_MBPS for value in self.values):
            raise InputError(f"bandwidth in {self.name} must be in {MIN_BANDWIDTH_MBPS:g}..{MAX_BANDWIDTH_MBPS:g} MB/s")
        object.__setattr__(self, "digest", sha256(repr(self.values).encode()).hexdigest()[:16])

    def mb_per_s(self, rng: np.random.Generator, duration_s: int) -> Seconds:
        """Of each second, shape (duration_s,)."""
        return np.resize(np.array(self.values, dtype=np.float64), duration_s)


@dataclass(frozen=True, kw_only=True, slots=True)
class Network:
    """A link and the payload of each request."""

    bandwidth: Bandwidth
    payload_bytes: float = SPONGE_PAYLOAD_BYTES

    def __post_init__(self) -> None:
        if not 0 <= self.payload_bytes <= 1e12:
            raise InputError(f"payload_bytes must be in 0..1e12, not {self.payload_bytes}")

    def delays_s(self, rng: np.random.Generator, duration_s: int) -> Seconds:
        """The network delay in seconds of a request sent in each second, shape (duration_s,)."""
        return self.payload_bytes / 1e6 / self.bandwidth.mb_per_s(rng, duration_s)


def in_order_of_arrival(sent_s: Seconds, delays_s: Seconds) -> tuple[Seconds, Seconds]:
    """Times at which the requests were sent and arrive, by arrival; shapes (N,). Equal arrivals keep their order.

    `sent_s` is ascending; `delays_s` are the network delays by second of sending.
    """
    second = np.minimum(sent_s.astype(np.int64), len(delays_s) - 1)
    arrival_s = sent_s + delays_s[second]
    order = np.argsort(arrival_s, kind="stable")
    return sent_s[order], arrival_s[order]


def network_by_name(name: str, payload_kib: float | None = None) -> Network:
    """The network called `name`: `4g`, the fitted process, or `trace:PATH`, a file with one number (MB/s) per second.

    Raises:
        InputError: an unknown name, or a file that cannot be used.
    """
    kind, _, rest = name.partition(":")
    payload = SPONGE_PAYLOAD_BYTES if payload_kib is None else payload_kib * KIB
    if name == "4g":
        return Network(bandwidth=FourG(), payload_bytes=payload)
    if kind == "trace" and rest:
        return Network(bandwidth=bandwidth_trace(Path(rest)), payload_bytes=payload)
    raise unknown_name("network", name, ["4g", "trace:PATH"])


def bandwidth_trace(path: Path) -> BandwidthTrace:
    """Measured bandwidth from a text file: numbers in MB/s, separated by white space, one for each second.

    Raises:
        InputError: the file is missing, too large, empty, or holds anything else.
    """
    text = bounded_bytes(path, "bandwidth trace", MAX_TRACE_BYTES)
    try:
        values = tuple(plain_number(word) for word in text.decode("utf-8-sig").split())
    except ValueError:
        raise InputError(f"bandwidth trace {path} must hold numbers (MB/s) separated by white space") from None
    return BandwidthTrace(name=path.name, values=values)
