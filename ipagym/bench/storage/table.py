"""Windows as rows of a table, in which the same seed gives the same bytes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from ipagym.bench.episode import Episode
from ipagym.bench.storage.targets import text_of
from ipagym.model.configuration import Deployment
from ipagym.model.knobs import KNOBS
from ipagym.model.pipeline import Stage
from ipagym.model.window import Window
from ipagym.system.files import content_of
from ipagym.task.scenario import Scenario

RAW_COLUMNS = ("arrivals_per_s", "latency_s", "asked")
"""Columns of an episode file that hold one array per window, and the whole configuration; the table of all windows goes
without them.
"""

NEEDED_COLUMNS = frozenset({
    *("agent", "seed", "window", "start_s", "duration_s", "arrivals", "completed", "dropped", "violations"),
    *("violation_rate", "in_system", "latency_p99_s", "cores", "pas", "reward", *RAW_COLUMNS),
})  # fmt: skip
"""The columns that summaries and figures need."""


def window_rows(episode: Episode, scenario: Scenario) -> list[dict[str, Any]]:
    """One row per window: its figures, the reward with its terms, and the knobs of every stage.

    Decision times are left out: they differ from run to run.
    """
    return [
        {"agent": episode.agent, "seed": episode.seed, "window": index}
        | _figures(window)
        | {"reward": float(reward)}
        | {f"reward_{name}": value for name, value in asdict(terms).items()}
        | _stages(window, scenario)
        for index, (window, reward, terms) in enumerate(
            zip(episode.windows, episode.rewards, episode.terms, strict=True)
        )
    ]


def episode_frame(episode: Episode, scenario: Scenario) -> pd.DataFrame:
    """The rows of an episode with its raw columns: arrivals of every second, latency of every completed request, and
    the configuration asked for.
    """
    raw = (
        {
            "arrivals_per_s": window.arrivals_per_s.tolist(),
            "latency_s": window.latency_s.tolist(),
            "asked": text_of(window.configuration),
        }
        for window in episode.windows
    )
    return pd.DataFrame([row | arrays for row, arrays in zip(window_rows(episode, scenario), raw, strict=True)])


def windows_frame(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """All windows of the given episodes in one table, without the raw columns."""
    return pd.concat([frame.drop(columns=list(RAW_COLUMNS)) for frame in frames], ignore_index=True)


def timings_frame(timings: Iterable[tuple[str, int, Sequence[float]]]) -> pd.DataFrame:
    """Decision times of (agent, seed, seconds per window), one row per window."""

    def rows() -> Iterator[dict[str, Any]]:
        for agent, seed, decision_s in timings:
            for window, seconds in enumerate(decision_s):
                yield {"agent": agent, "seed": seed, "window": window, "decision_s": seconds}

    return pd.DataFrame(rows())


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """The table as a Parquet file: equal tables give equal bytes."""
    return content_of(lambda file: frame.to_parquet(file, engine="pyarrow", compression="zstd", index=False))


def _figures(window: Window) -> dict[str, Any]:
    return {
        "start_s": window.start_s,
        "duration_s": window.duration_s,
        "arrivals": window.arrivals,
        "completed": window.completed,
        "dropped": window.dropped,
        "violations": window.violations,
        "violation_rate": window.violation_rate,
        "in_system": window.in_system,
        "latency_p50_s": window.latency_quantile_s(0.5),
        "latency_p99_s": window.latency_quantile_s(0.99),
        "cores": window.cores,
        "pas": window.accuracy,
        "energy_j": window.energy_j,
    }


def _stages(window: Window, scenario: Scenario) -> dict[str, Any]:
    """The knobs asked for, those of the first deployment in columns of their own and all of them in a list, and what
    was seen of the stage. Cores are those of one replica.
    """
    columns: dict[str, Any] = {}
    stages = zip(scenario.pipeline.stages, window.configuration.stages, window.stages, strict=True)
    for stage, setting, observed in stages:
        columns |= {
            **{f"{stage.name}.{knob.name}": knob.shown(setting.first, stage) for knob in KNOBS},
            f"{stage.name}.deployments": [_deployment(each, stage) for each in setting.deployments],
            f"{stage.name}.queue": observed.queue,
            f"{stage.name}.ready": observed.ready,
            f"{stage.name}.utilisation": observed.utilisation,
        }
    return columns


def _deployment(deployment: Deployment, stage: Stage) -> dict[str, Any]:
    return {knob.name: knob.shown(deployment, stage) for knob in KNOBS} | {"weight": float(deployment.weight)}
