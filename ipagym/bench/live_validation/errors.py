"""Signed errors of a simulated run against the live one: negative if the simulated figure is lower."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ipagym.bench.comparison.confidence import half_width
from ipagym.bench.live_validation.trial import Run

UNITS = {
    "mean": "%", "p50": "%", "p95": "%", "p99": "%", "violations": "points", "throughput": "%", "accuracy": "points",
    "cores": "%", "drift": "%",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Errors:
    """The simulated figure minus the live one, in percent of the live one or in points.

    `drift` is how much longer services took than in the calibrating run, in percent. `utilisation` (of the busiest
    stage, 0..1) and `requests` are those of the live run.
    """

    mean: float
    p50: float
    p95: float
    p99: float
    violations: float
    throughput: float
    accuracy: float
    cores: float
    drift: float
    utilisation: float
    requests: int


def errors(live: Run, simulated: Run, slo_s: float, drift: float) -> Errors:
    """The errors of a simulated run; latencies are from sending to the answer, of requests that both have answered."""
    both = live.log.completed & simulated.log.completed
    real_s, said_s = live.log.latency_s[both], simulated.log.latency_s[both]
    quantiles = (0.5, 0.95, 0.99)
    p50, p95, p99 = (_percent(np.quantile(said_s, q), np.quantile(real_s, q)) for q in quantiles)
    return Errors(
        mean=_percent(said_s.mean(), real_s.mean()),
        p50=p50,
        p95=p95,
        p99=p99,
        violations=100 * (_late(simulated, slo_s) - _late(live, slo_s)),
        throughput=_percent(_answered(simulated), _answered(live)),
        accuracy=100 * (_accuracy(simulated) - _accuracy(live)),
        cores=_percent(_cores(simulated), _cores(live)),
        drift=100 * drift,
        utilisation=_utilisation(live),
        requests=len(live.log),
    )


def frame(rows: Sequence[tuple[str, int, Errors]]) -> pd.DataFrame:
    """A row for each run: trial, seed, errors."""
    return pd.DataFrame([{"trial": trial, "seed": seed, **asdict(each)} for trial, seed, each in rows])


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """A row for each trial: the median of each error over runs, and the 95 % half width of its mean."""
    rows = []
    for trial, group in runs.groupby("trial", sort=False):
        row: dict[str, object] = {"trial": trial, "runs": len(group), "utilisation": group["utilisation"].mean()}
        for name in UNITS:
            row[name] = group[name].median()
            row[f"{name} ±"] = half_width(group[name].tolist()) if len(group) > 1 else float("nan")
        rows.append(row)
    return pd.DataFrame(rows)


def _percent(said: float, real: float) -> float:
    return float(100 * (said / real - 1))


def _late(run: Run, slo_s: float) -> float:
    return float((run.log.latency_s > slo_s).mean())


def _answered(run: Run) -> int:
    return sum(window.completed for window in run.windows)


def _accuracy(run: Run) -> float:
    answered = [window.completed for window in run.windows]
    return float(np.average([window.accuracy for window in run.windows], weights=answered))


def _cores(run: Run) -> float:
    return float(np.mean([window.cores for window in run.windows]))


def _utilisation(run: Run) -> float:
    return float(np.max(np.mean([[stage.utilisation for stage in window.stages] for window in run.windows], axis=0)))
