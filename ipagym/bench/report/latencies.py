"""The distribution of the latencies of requests, as quantiles."""

from pathlib import Path

import numpy as np
import pandas as pd

from ipagym.bench.comparison.requests import request_latencies
from ipagym.bench.report.numbers import Number, shorts

LEVELS = np.concatenate([np.linspace(0, 0.95, 39), np.linspace(0.96, 0.99, 7), [0.995, 0.999, 0.9999, 1.0]])
"""Shares of the requests that the quantiles are for, closer together near the end."""


def quantiles(folder: Path, agents: list[str], seeds: list[int]) -> list[list[Number] | None]:
    """The latency in seconds at each of `LEVELS` of each agent, over the completed requests of all seeds; null for an
    agent of which the folder holds no latencies.
    """
    found = request_latencies(folder, agents, seeds)
    by_agent: dict[str, pd.Series[float]] = dict(iter(found.groupby("agent", observed=True)["latency_s"]))
    return [shorts(np.quantile(by_agent[agent], LEVELS)) if agent in by_agent else None for agent in agents]
