"""Print the statistics of the Twitter trace beside those of the twitter-like generator.

Usage: python scripts/fit_twitter_like.py workload.tbz2
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ipagym.workload.trace import load_counts
from ipagym.workload.twitter_like import TwitterLike

SEEDS = 10
DAYS = 22


def statistics(rates: NDArray[np.float64]) -> dict[str, float]:
    """Mean, median, 99th percentile, deviation, peak-to-mean ratio and autocorrelations of a per-second series."""
    centred = rates - rates.mean()
    return {
        "mean": rates.mean(),
        "p50": np.quantile(rates, 0.5),
        "p99": np.quantile(rates, 0.99),
        "deviation": rates.std(),
        "p99.99 / mean": np.quantile(rates, 0.9999) / rates.mean(),
        "peak / mean": rates.max() / rates.mean(),
        **{f"autocorrelation {k} s": (centred[k:] * centred[:-k]).mean() / rates.var() for k in (1, 10, 60)},
    }


def main() -> None:
    """Print the table."""
    counts = load_counts(Path(sys.argv[1])).astype(np.float64)
    trace = statistics(counts[counts > 0])
    generator = TwitterLike(duration_s=DAYS * 86_400, damping=1.0)
    runs = [statistics(generator.rates_rps(np.random.default_rng(seed))) for seed in range(SEEDS)]
    print(f"{'statistic':<22} {'trace':>8} {'generator':>10} {'± over seeds':>13}")
    for name, value in trace.items():
        values = np.array([run[name] for run in runs])
        print(f"{name:<22} {value:>8.3f} {values.mean():>10.3f} {values.std(ddof=1):>13.3f}")


if __name__ == "__main__":
    main()
