"""The course of an episode of each agent, with no more points than a screen has."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ipagym.bench.comparison.bins import Bins
from ipagym.bench.report.numbers import Number, short, shorts

ALL_DEPLOYMENTS = ".deployments"


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
        "together": bins.size,
        "load": shorts(bins.load_rps(first)),
        "stages": list(stages),
        "knobs": ["variant", "replicas", "batch", "cores"],
        "agents": [_agent(of_agent[agent], bins, stages) if agent in of_agent else None for agent in agents],
    }


def stage_names(windows: pd.DataFrame) -> Sequence[str]:
    """The stages that a table of windows has columns of, in their order."""
    return [str(name).removesuffix(ALL_DEPLOYMENTS) for name in windows.columns if str(name).endswith(ALL_DEPLOYMENTS)]


def _agent(rows: pd.DataFrame, bins: Bins, stages: Sequence[str]) -> dict[str, Any]:
    return {
        "latency": shorts(bins.latency_s(rows)),
        "late": shorts(bins.late_percent(rows)),
        "cores": shorts(bins.mean(rows, "cores")),
        "pas": shorts(100 * bins.mean(rows, "pas")),
        "stages": [_stage(rows, bins, name) for name in stages],
    }


def _stage(rows: pd.DataFrame, bins: Bins, name: str) -> dict[str, Any]:
    asked = [_asked(each) for each in rows[f"{name}{ALL_DEPLOYMENTS}"].iloc[bins.starts]]
    variants = list(dict.fromkeys(variant for variant, _ in asked))
    changes = [
        [at, [variants.index(variant), *rest]]
        for at, (variant, rest) in enumerate(asked)
        if at == 0 or (variant, rest) != asked[at - 1]
    ]
    return {"queue": shorts(bins.most_of(rows[f"{name}.queue"])), "variants": variants, "changes": changes}


def _asked(deployments: Sequence[dict[str, Any]]) -> tuple[str, list[Number]]:
    """The variants side by side, their replicas together, the first one's batch, and the cores of all."""
    running = [each for each in deployments if each["replicas"]] or list(deployments)
    cores = short(sum(float(each["replicas"] * each["cores"]) for each in running))
    replicas = sum(int(each["replicas"]) for each in running)
    return " + ".join(str(each["variant"]) for each in running), [replicas, int(running[0]["batch"]), cores]
