"""The results of a comparison, and functions to read them from their folder."""

from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from ipagym.bench.comparison.pairs import paired
from ipagym.bench.comparison.requests import request_latencies
from ipagym.bench.comparison.summary import AgentSummary, Estimate, drawn_agents, summary_frame
from ipagym.bench.storage.manifest import FILE_NAME, Manifest, read_manifest
from ipagym.system.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WINDOWS = "windows.parquet"
TIMINGS = "timings.parquet"
SUMMARY = "summary.csv"
EPISODES = "episodes.parquet"
TIMELINE = "timeline.png"

CI = "_ci95"
"""The suffix of columns that hold half widths of confidence intervals."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Comparison:
    """The results of a comparison, which are also in the folder `out`.

    `summaries` has an entry per agent. `episodes` has a row per agent and seed with the metrics of the summary, except
    decision times. `windows` has a row per agent, seed and window. `timings` has the time of each decision in seconds.
    `manifest` describes what was run and with which settings.
    """

    summaries: tuple[AgentSummary, ...] = field(repr=False)
    episodes: pd.DataFrame = field(repr=False)
    windows: pd.DataFrame = field(repr=False)
    timings: pd.DataFrame = field(repr=False)
    manifest: Manifest = field(repr=False)
    out: Path

    @property
    def summary(self) -> pd.DataFrame:
        """One row per agent: mean over seeds and 95 % half width (`_ci95`) of each metric, and the load."""
        return summary_frame(self.summaries).assign(load=self.manifest.load)

    def paired(self, agent: str, reference: str) -> pd.DataFrame:
        """Differences of the agent's figures from the reference's on the same seeds, a row per metric: `difference`,
        `ci95` (half width), `above` (share of seeds on which the agent's figure is higher) and `seeds`.

        Raises:
            InputError: one of them is not in the comparison.
        """
        return paired(self.episodes, agent, reference)

    def requests(self) -> pd.DataFrame:
        """One row per completed request: `agent`, `seed`, `window` (in which it was answered) and `latency_s`. Empty if
        the files of the episodes were removed from the folder.
        """
        return request_latencies(self.out, self.manifest.agents, self.manifest.seeds)

    def timeline(self, seed: int | None = None) -> "Figure":
        """Load, latency, violations, cores and accuracy over time under one seed, by default the first.

        Raises:
            InputError: the seed was not run.
        """
        from ipagym.bench.comparison.timeline import timeline as draw  # matplotlib takes half a second to import

        if seed is not None and seed not in self.manifest.seeds:
            raise InputError(f"seed must be one of {self.manifest.seeds}, not {seed}")
        shown = self.windows[self.windows["agent"].isin(drawn_agents(self.summaries))]
        return draw(shown if seed is None else shown[shown["seed"] == seed], self.manifest.slo_s)


def load_results(folder: str | Path) -> Comparison:
    """The results of a comparison, read from its folder.

    Raises:
        InputError: there are none, or they are incomplete.
    """
    out = Path(folder)
    try:
        manifest = read_manifest(out)
        return Comparison(
            summaries=_summaries(out / SUMMARY, len(manifest.seeds)),
            episodes=pd.read_parquet(out / EPISODES),
            windows=_windows(out / WINDOWS, manifest.windows_sha256),
            timings=pd.read_parquet(out / TIMINGS),
            manifest=manifest,
            out=out,
        )
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise InputError(f"{out} holds no results ({_reason(error)}): give {_remedy(out)}") from error


def _remedy(out: Path) -> str:
    below = sorted(path.parent.name for path in out.glob(f"*/{FILE_NAME}"))
    return f"one of the folders in it, such as {below[0]}" if below else "a folder that `ipagym compare` wrote"


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {Path(str(error.filename)).name}"
    return f"{error} is missing in {SUMMARY}" if isinstance(error, KeyError) else str(error)


def _windows(path: Path, digest: str | None) -> pd.DataFrame:
    if digest is None:
        raise ValueError("the comparison was not finished; repeat the same call to continue it")
    content = path.read_bytes()
    if sha256(content).hexdigest() != digest:
        raise ValueError(f"{path.name} was changed after it was written")
    return pd.read_parquet(BytesIO(content))


def _summaries(path: Path, seeds: int) -> tuple[AgentSummary, ...]:
    """The summaries exactly as written: Python reads the numbers without rounding."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    keys = [str(name) for name in frame.columns if f"{name}{CI}" in frame]
    return tuple(
        AgentSummary(
            agent=row["agent"],
            estimates={key: Estimate(_number(row[key]), _number(row[key + CI]) if seeds > 1 else None) for key in keys},
            pareto=row["pareto"] == "True",
            keeps=row["keeps"],
        )
        for row in frame.to_dict("records")
    )


def _number(text: str) -> float:
    """The number in the text; counts under a single seed are whole."""
    return int(text) if text.isdecimal() else float(text or nan)
