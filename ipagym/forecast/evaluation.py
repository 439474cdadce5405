"""Forecasters over a load: what each would have said at every decision, and what came."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ipagym.forecast import Forecaster
from ipagym.forecast.oracle import Oracle
from ipagym.forecast.scores import Scores, scores
from ipagym.system.errors import InputError

STEP_S = 10
AHEAD_S = 20
WARM_UP_S = 120
"""Forecasts count from there on, every 10 s, for the highest rate of the next 20 s: IPA's decisions."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Course:
    """Forecasts and what came, shape (n,), in requests per second, made at `times_s`; a forecast took `each_ms`."""

    times_s: NDArray[np.int64]
    forecasts: NDArray[np.float64]
    truth: NDArray[np.float64]
    each_ms: float

    @property
    def scores(self) -> Scores:
        """Their scores."""
        return scores(self.forecasts, self.truth)


def walk(forecaster: Forecaster, counts: NDArray[np.int64]) -> Course:
    """Let a forecaster live through the counts of each second.

    Raises:
        InputError: the load is too short to forecast anything.
    """
    if len(counts) < WARM_UP_S + AHEAD_S:
        raise InputError(f"forecasts need a load of {WARM_UP_S + AHEAD_S} s or more, not {len(counts)} s")
    forecaster.reset()
    times, forecasts, seconds = [], [], []
    for now in range(STEP_S, len(counts) - AHEAD_S + 1, STEP_S):
        forecaster.observe(counts[now - STEP_S : now])
        if now >= WARM_UP_S:
            started = perf_counter()
            forecasts.append(forecaster.predict())
            seconds.append(perf_counter() - started)
            times.append(now)
    truth = [float(counts[now : now + AHEAD_S].max()) for now in times]
    return Course(
        times_s=np.array(times),
        forecasts=np.array(forecasts),
        truth=np.array(truth),
        each_ms=1000 * float(np.median(seconds)),
    )


def walk_all(forecasters: Mapping[str, Forecaster], counts: NDArray[np.int64]) -> dict[str, Course]:
    """The same for several, and for the oracle."""
    oracle = Oracle(counts.astype(np.float64), horizon_s=AHEAD_S)
    return {name: walk(each, counts) for name, each in {**forecasters, "oracle": oracle}.items()}
