"""The results of a load test by window and in total, with the columns of a comparison's windows."""

import numpy as np
import pandas as pd

QUANTILES = (("latency_p50_s", 0.5), ("latency_p95_s", 0.95), ("latency_p99_s", 0.99))


def windows(requests: pd.DataFrame, *, interval_s: float, slo_s: float) -> pd.DataFrame:
    """A row for each interval of due times: arrivals, completed, dropped (failed), violations (later than the SLO, or
    failed), and quantiles of the latency of those that were answered, in seconds.
    """
    numbers = np.floor_divide(requests["due_s"], interval_s)
    rows = [
        {"start_s": float(number) * interval_s, **_row(requests[numbers == number], slo_s)}
        for number in np.unique(numbers)
    ]
    return pd.DataFrame(rows)


def whole(requests: pd.DataFrame, *, slo_s: float) -> dict[str, float]:
    """The same over all requests, with the mean latency and how late they were sent (99th percentile)."""
    answered = requests.loc[requests["ok"], "latency_s"]
    return {
        **_row(requests, slo_s),
        "latency_mean_s": float(answered.mean()),
        "lateness_p99_s": float(requests["lateness_s"].quantile(0.99)),
    }


def _row(requests: pd.DataFrame, slo_s: float) -> dict[str, float]:
    answered = requests.loc[requests["ok"], "latency_s"]
    return {
        "arrivals": len(requests),
        "completed": len(answered),
        "dropped": len(requests) - len(answered),
        "violations": len(requests) - int((answered <= slo_s).sum()),
        **{name: float(answered.quantile(q)) for name, q in QUANTILES},
    }
