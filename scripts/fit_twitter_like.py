"""Fit the twitter-like load to the Twitter trace; print its figures, and the statistics of both side by side.

Usage: python scripts/fit_twitter_like.py workload.tbz2

The figures printed are `TRACE` in `ipagym/workload/twitter_like.py`. It takes some minutes.
"""

import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ipagym.workload.fitting import fit, generated
from ipagym.workload.statistics import statistics
from ipagym.workload.trace import load_counts
from ipagym.workload.twitter_like import TRACE


def main() -> None:
    """Print the figures of each round, and the table."""
    counts = load_counts(Path(sys.argv[1])).astype(np.float64)
    shape = TRACE
    for shape in fit(counts, TRACE):
        print(" ".join(f"{name}={value:.4g}" for name, value in asdict(shape).items()), flush=True)
    trace = statistics(counts[counts > 0])
    runs = [statistics(load) for load in generated(shape)]
    print(f"{'statistic':<30} {'trace':>8} {'generator':>10} {'± over seeds':>13}")
    for name, value in trace.items():
        values = np.array([run[name] for run in runs])
        print(f"{name:<30} {value:>8.3f} {values.mean():>10.3f} {values.std(ddof=1):>13.3f}")


if __name__ == "__main__":
    main()
