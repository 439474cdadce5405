"""Requests served in batches: greedy, formed with a timeout, and full or timeout before several servers."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace

import numpy as np
from numpy.typing import NDArray

STATES = 400
"""Requests left behind that the chain knows; the chance of more is nil at the loads below."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GreedyBatches:
    """Means of a server that takes all that wait, `cap` at most: time in system, batch size, share of time busy."""

    time_s: float
    batch: float
    utilisation: float


def greedy_batches(rate_rps: float, service_s: Sequence[float]) -> GreedyBatches:
    """Poisson arrivals at one server that serves k requests in `service_s[k - 1]` seconds.

    The Markov chain of the number left behind at completions; number present and time integrated over its cycles, and
    Little's law.
    """
    cap = len(service_s)
    left = np.arange(STATES)
    begun = np.maximum(left, 1)
    taken = np.minimum(begun, cap)
    lengths = np.asarray(service_s)[taken - 1]
    stationary = _stationary(begun - taken, [_poisson(rate_rps * s) for s in service_s], taken)
    idle_s = np.where(left == 0, 1 / rate_rps, 0.0)
    cycle_s = float(stationary @ (lengths + idle_s))
    present = lengths * begun + rate_rps * lengths**2 / 2
    return GreedyBatches(
        time_s=float(stationary @ present) / cycle_s / rate_rps,
        batch=float(stationary @ taken),
        utilisation=float(stationary @ lengths) / cycle_s,
    )


@dataclass(frozen=True, slots=True)
class Former:
    """Means of a batch former: size of a batch, and how long its requests wait for it."""

    batch: float
    wait_s: float


def former(rate_rps: float, cap: int, timeout_s: float) -> Former:
    """A batch goes when it has `cap` requests or its first has waited `timeout_s`; a server is always free.

    E[N] = 1 + Σ P(k + 1, λT) for k = 0 … b − 2, and the waits sum to Σ (k + 1) P(k + 1, λT) / λ, P the regularised
    lower gamma function: the probability that k + 1 requests come within the timeout.
    """
    within = 1 - np.cumsum(_poisson(rate_rps * timeout_s))[: cap - 1]
    batch = 1 + float(within.sum())
    return Former(batch, float(np.arange(1, cap) @ within) / (rate_rps * batch))


def full_or_timeout(arrival_s: Floats, service_s: Sequence[float], timeout_s: float, servers: int) -> Floats:
    """The end of every request, in seconds, where `servers` share one queue in order of arrival.

    Batch by batch: the next one starts when a server is free and it is full or its first request has waited
    `timeout_s`, with all that have come until then, as many as `service_s` knows at most.
    """
    cap, free_s, first = len(service_s), [0.0] * servers, 0
    heapify(free_s)
    times = [*arrival_s.tolist(), *[np.inf] * cap]
    ends = np.empty(len(arrival_s))
    while first < len(arrival_s):
        start_s = max(free_s[0], min(times[first] + timeout_s, times[first + cap - 1]))
        size = 1
        while size < cap and times[first + size] <= start_s:
            size += 1
        end_s = start_s + service_s[size - 1]
        ends[first : first + size] = end_s
        heapreplace(free_s, end_s)
        first += size
    return ends


def _stationary(rest: NDArray[np.int64], kernels: Sequence[Floats], taken: NDArray[np.int64]) -> Floats:
    transition = np.zeros((STATES, STATES))
    for state in range(STATES):
        transition[state, rest[state] :] = kernels[taken[state] - 1][: STATES - rest[state]]
    transition /= transition.sum(axis=1, keepdims=True)
    balance = np.vstack([transition.T - np.eye(STATES), np.ones(STATES)])
    stationary: Floats = np.linalg.lstsq(balance, np.append(np.zeros(STATES), 1.0), rcond=None)[0]
    return stationary


def _poisson(mean: float) -> Floats:
    """P(k) for k = 0 … STATES − 1."""
    ratios = mean / np.arange(1, STATES)
    probabilities: Floats = np.exp(-mean) * np.cumprod(np.append(1.0, ratios))
    return probabilities
