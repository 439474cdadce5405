"""Folders of results as `compare` writes them, from invented figures: no simulator runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ipagym.bench.comparison.summary import episode_metrics, episodes_frame, summarise, summary_frame
from ipagym.bench.storage.manifest import Manifest, write_manifest
from ipagym.bench.storage.table import RAW_COLUMNS, parquet_bytes, timings_frame

VARIANTS = ("small", "medium", "large")
STAGES = ("detect", "classify")


@dataclass(frozen=True, kw_only=True)
class Size:
    windows: int = 12
    seeds: int = 3
    steps_between_changes: int = 4


def write_results(folder: Path, agents: Sequence[str], size: Size | None = None) -> None:
    """A finished comparison of those agents; the same call writes the same bytes."""
    size = size or Size()
    (folder / "episodes").mkdir(parents=True)
    seeds = range(size.seeds)
    frames = {(agent, seed): episode(agents.index(agent), agent, seed, size) for agent in agents for seed in seeds}
    for (agent, seed), frame in frames.items():
        name = f"{agents.index(agent)}-{seed}.parquet"
        (folder / "episodes" / name).write_bytes(parquet_bytes(frame))
    metrics = {agent: [episode_metrics(frames[agent, seed], [0.001]) for seed in seeds] for agent in agents}
    summaries = summarise(metrics)
    every = pd.concat(frames.values(), ignore_index=True).drop(columns=list(RAW_COLUMNS))
    windows = parquet_bytes(every)
    (folder / "windows.parquet").write_bytes(windows)
    (folder / "episodes.parquet").write_bytes(parquet_bytes(episodes_frame(metrics, seeds)))
    timings = timings_frame((agent, seed, [0.001] * size.windows) for agent, seed in frames)
    (folder / "timings.parquet").write_bytes(parquet_bytes(timings))
    (folder / "summary.csv").write_text(summary_frame(summaries).assign(load="bursty").to_csv(index=False))
    write_manifest(folder, manifest(agents, size, sha256(windows).hexdigest()))


def manifest(agents: Sequence[str], size: Size, digest: str) -> Manifest:
    return Manifest(
        ipagym="0.1.0", python="3.11", packages={}, platform="none", git_commit=None, scenario_hash="0" * 16,
        pipeline="invented", workload="bursty", load="bursty, mean 20 req/s", slo_s=1.0, interval_s=10.0,
        duration_s=10 * size.windows, agents=list(agents), seeds=list(range(size.seeds)),
        fingerprints=dict.fromkeys(agents, "0"), windows_sha256=digest,
    )  # fmt: skip


def episode(number: int, agent: str, seed: int, size: Size) -> pd.DataFrame:
    """Better, dearer agents with higher numbers; every figure varies from window to window."""
    rng = np.random.default_rng([number, seed])
    load = np.random.default_rng(seed).poisson(200, size.windows)
    rows = [_row(number, rng, int(arrivals), index, size) for index, arrivals in enumerate(load)]
    return pd.DataFrame([{"agent": agent, "seed": seed, "window": index} | row for index, row in enumerate(rows)])


def _row(number: int, rng: np.random.Generator, arrivals: int, index: int, size: Size) -> dict[str, Any]:
    latency_s = rng.gamma(2.0, 0.5 / (1 + number % 7), size=20)
    violations = int(arrivals * (latency_s > 1).mean())
    pas = 0.5 + 0.01 * (number % 30) + 0.01 * rng.random()
    return {
        "start_s": 10.0 * index,
        "duration_s": 10.0,
        "arrivals": arrivals,
        "completed": arrivals,
        "dropped": 0,
        "violations": violations,
        "violation_rate": violations / arrivals,
        "in_system": 0,
        "latency_p50_s": float(np.quantile(latency_s, 0.5)),
        "latency_p99_s": float(np.quantile(latency_s, 0.99)),
        "cores": 2.0 + number % 11 + rng.random(),
        "pas": pas,
        "energy_j": None,
        "reward": 10 * pas - violations / arrivals - (2.0 + number % 11) / 5 + 0.1 * rng.random(),
        **_stages(number, rng, index // size.steps_between_changes),
        "arrivals_per_s": [arrivals / 10] * 10,
        "latency_s": latency_s.tolist(),
        "asked": "[]",
    }


def _stages(number: int, rng: np.random.Generator, step: int) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for place, stage in enumerate(STAGES):
        chosen = {
            "variant": VARIANTS[(number + step + place) % 3], "replicas": 1 + (number * step + place) % 5,
            "batch": 2 ** (step % 4), "cores": 1 + place, "weight": 1.0,
        }  # fmt: skip
        columns |= {
            **{f"{stage}.{knob}": value for knob, value in chosen.items() if knob != "weight"},
            f"{stage}.deployments": [chosen],
            f"{stage}.queue": int(rng.integers(0, 30)),
            f"{stage}.ready": chosen["replicas"],
            f"{stage}.utilisation": float(rng.random()),
        }
    return columns
