"""Load that changes: requests in service without waiting, and the backlog of an overload."""

import numpy as np
from numpy.typing import NDArray


def in_service(rates_rps: NDArray[np.float64], service_s: float) -> NDArray[np.float64]:
    """Mean requests in service at the end of each second in M_t/D/∞: m(t) = ∫ λ(u) P(S > t − u) du, S constant.

    `rates_rps` holds a rate for each second, before which nothing came.
    """
    arrived = np.concatenate([[0.0], np.cumsum(rates_rps)])
    ends = np.arange(1, len(rates_rps) + 1, dtype=np.float64)
    before: NDArray[np.float64] = np.interp(np.maximum(ends - service_s, 0.0), np.arange(len(arrived)), arrived)
    return arrived[1:] - before


def backlog(rate_rps: float, capacity_rps: float, seconds: float) -> float:
    """Requests waiting after so many seconds of a load above the capacity, as a fluid: ∫ (λ − cμ)."""
    return (rate_rps - capacity_rps) * seconds
