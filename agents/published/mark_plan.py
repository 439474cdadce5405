"""MArk's greedy plan (Zhang et al., ATC 2019; its released scheduler): the cheapest instances that cover a forecast."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LOOK_AHEAD = 6
"""Steps of the forecast that count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of instance: requests per step, price per step, what its launch costs, and how many there are at most."""

    name: str
    capacity: float
    price: float
    launch: float = 0.0
    available: int | None = None


def cover(forecast: Sequence[float], kinds: Sequence[Kind]) -> dict[str, int]:
    """Instances of each kind for requests per step.

    While capacity is missing: take the step with the largest deficit and the following steps with a deficit; add the
    kind with the lowest cost per additional request in these steps.
    """
    residual = np.array(forecast[:LOOK_AHEAD], dtype=np.float64)
    taken = {kind.name: 0 for kind in kinds}
    while residual.max(initial=0.0) > 0:
        span = _span(residual, int(residual.argmax()))
        able = [kind for kind in kinds if kind.available is None or taken[kind.name] < kind.available]
        if not able:
            break
        best = min(able, key=lambda kind: _cost_per_request(kind, span))
        taken[best.name] += 1
        residual -= best.capacity
    return taken


def _span(residual: NDArray[np.float64], start: int) -> NDArray[np.float64]:
    covered = np.flatnonzero(residual[start:] < 0)
    return residual[start : start + int(covered[0])] if covered.size else residual[start:]


def _cost_per_request(kind: Kind, span: NDArray[np.float64]) -> float:
    served = float(np.minimum(span, kind.capacity).sum())
    return (kind.price * len(span) + kind.launch) / served
