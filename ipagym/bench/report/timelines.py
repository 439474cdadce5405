"""The course of an episode of each agent, with no more points than a screen has."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ipagym.bench.report.numbers import Number, short, shorts

MOST_POINTS = 200
"""Points of a line; where there are more windows, several are put together, always the same number."""

ALL_DEPLOYMENTS = ".deployments"


@dataclass(frozen=True, slots=True)
class Bins:
    """Windows put together `size` at a time; the last bin may have fewer."""

    windows: int

    @property
    def starts(self) -> NDArray[np.intp]:
        """The index of the first window of each bin."""
        return np.arange(0, self.windows, ceil(self.windows / MOST_POINTS))

    def most(self, values: ArrayLike) -> NDArray[np.float64]:
        """The highest value in each bin; what is no number counts for nothing."""
        return np.fmax.reduceat(np.asarray(values, dtype=np.float64), self.starts)

    def total(self, values: ArrayLike) -> NDArray[np.float64]:
        """The sum over each bin."""
        return np.add.reduceat(np.asarray(values, dtype=np.float64), self.starts)


def timeline(windows: pd.DataFrame, agents: Sequence[str]) -> dict[str, Any]:
    """The first seed of a table of windows, for each agent.

    `start_s` and `end_s` are common to all, as is `load` (requests per second). Of `agents` each has `latency` (p99 in
    seconds, the highest of its windows), `late` (percent of requests), `cores` (mean), `pas` (percent, mean) and
    `stages`: for each the highest `queue`, and the `changes` of what was asked for, as [point, values] with values in
    the order of `knobs`, the variant by its number in `variants`. An agent without windows under the seed has null.
    """
    seed = windows["seed"].iloc[0]
    of_agent = {str(agent): rows for agent, rows in windows[windows["seed"] == seed].groupby("agent", sort=False)}
    first = next(iter(of_agent.values()))
    bins = Bins(len(first))
    stages = stage_names(windows)
    return {
        "seed": int(seed),
        "start_s": shorts(first["start_s"].to_numpy()[bins.starts]),
        "end_s": short(float(first["start_s"].iloc[-1] + first["duration_s"].iloc[-1])),
        "together": ceil(len(first) / MOST_POINTS),
        "load": shorts(bins.total(first["arrivals"]) / bins.total(first["duration_s"])),
        "stages": list(stages),
        "knobs": ["variant", "replicas", "batch", "cores"],
        "agents": [_agent(of_agent[agent], bins, stages) if agent in of_agent else None for agent in agents],
    }


def stage_names(windows: pd.DataFrame) -> Sequence[str]:
    """The stages that a table of windows has columns of, in their order."""
    return [str(name).removesuffix(ALL_DEPLOYMENTS) for name in windows.columns if str(name).endswith(ALL_DEPLOYMENTS)]


def _agent(rows: pd.DataFrame, bins: Bins, stages: Sequence[str]) -> dict[str, Any]:
    latency_s = bins.most(rows["latency_p99_s"].where(rows["completed"] > 0))
    late = 100 * bins.total(rows["violations"]) / np.maximum(bins.total(rows["arrivals"]), 1)
    return {
        "latency": shorts(latency_s),
        "late": shorts(np.minimum(late, 100)),
        "cores": shorts(_mean(rows, bins, "cores")),
        "pas": shorts(100 * _mean(rows, bins, "pas")),
        "stages": [_stage(rows, bins, name) for name in stages],
    }


def _mean(rows: pd.DataFrame, bins: Bins, column: str) -> NDArray[np.float64]:
    return bins.total(rows[column] * rows["duration_s"]) / bins.total(rows["duration_s"])


def _stage(rows: pd.DataFrame, bins: Bins, name: str) -> dict[str, Any]:
    asked = [_asked(each) for each in rows[f"{name}{ALL_DEPLOYMENTS}"].iloc[bins.starts]]
    variants = list(dict.fromkeys(variant for variant, _ in asked))
    changes = [
        [at, [variants.index(variant), *rest]]
        for at, (variant, rest) in enumerate(asked)
        if at == 0 or (variant, rest) != asked[at - 1]
    ]
    return {"queue": shorts(bins.most(rows[f"{name}.queue"])), "variants": variants, "changes": changes}


def _asked(deployments: Sequence[dict[str, Any]]) -> tuple[str, list[Number]]:
    """The variants side by side, their replicas together, the first one's batch, and the cores of all."""
    running = [each for each in deployments if each["replicas"]] or list(deployments)
    cores = short(sum(float(each["replicas"] * each["cores"]) for each in running))
    replicas = sum(int(each["replicas"]) for each in running)
    return " + ".join(str(each["variant"]) for each in running), [replicas, int(running[0]["batch"]), cores]
