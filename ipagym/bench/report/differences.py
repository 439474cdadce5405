"""Paired differences between all agents of a comparison, the same as `Comparison.paired` gives for two of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from ipagym.bench.comparison.confidence import LEVEL
from ipagym.bench.report.numbers import shorts

METRICS = ("violation_percent", "cores", "pas_percent", "reward")


def differences(episodes: pd.DataFrame, agents: Sequence[str]) -> dict[str, Any]:
    """For each of `METRICS` the `mean` and `ci95` (half width; null under one seed) of every agent's figure less that
    of each agent before it, on the seeds that both have: of agents 1 less 0, 2 less 0, 2 less 1, 3 less 0 and so on.
    """
    return {metric: _of_metric(episodes, agents, metric) for metric in METRICS}


def _of_metric(episodes: pd.DataFrame, agents: Sequence[str], metric: str) -> dict[str, Any]:
    by_agent = episodes.pivot(index="agent", columns="seed", values=metric).loc[list(agents)].to_numpy(dtype=np.float64)
    later, earlier = np.tril_indices(len(agents), k=-1)
    apart = by_agent[later] - by_agent[earlier]
    number = np.maximum((~np.isnan(apart)).sum(axis=1), 1)
    mean = np.nansum(apart, axis=1) / number
    spread = np.sqrt(np.nansum((apart - mean[:, None]) ** 2, axis=1) / np.maximum(number - 1, 1))
    quantile = stdtrit(np.maximum(number - 1, 1), (1 + LEVEL) / 2)
    half = np.where(number > 1, quantile * spread / np.sqrt(number), np.nan)
    return {"mean": shorts(np.where(np.isnan(apart).all(axis=1), np.nan, mean)), "ci95": shorts(half)}
