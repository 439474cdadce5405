"""Fit the generated loads to the Twitter trace; print their figures, and the statistics of both side by side.

Usage: python scripts/fit_twitter_like.py workload.tbz2

First the levels and humps of the papers' windows, which are those of `PATTERNS` in `ipagym/workload/patterns.py`, with
the largest rise within ten seconds; then the figures of the twitter-like load, round by round, from those that
`ipagym/workload/twitter_like.py` has as `TRACE`, whose statistics come last. It takes two minutes.
"""

import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from ipagym.workload.fitting import fit, generated
from ipagym.workload.patterns import PATTERNS
from ipagym.workload.statistics import statistics, ten_second_rises
from ipagym.workload.trace import WINDOWS, load_counts, paper_window
from ipagym.workload.twitter_like import TRACE
from ipagym.workload.window_fitting import fit_pattern

SEEDS = 40


def main() -> None:
    """Print the figures of the windows, those of each round, and the table."""
    for name in WINDOWS:
        _print_window(name, Path(sys.argv[1]))
    _print_whole(Path(sys.argv[1]))


def _print_window(name: str, path: Path) -> None:
    rng = np.random.default_rng(0)
    measured = paper_window(name, path).rates_rps(rng)
    pattern = fit_pattern(measured, PATTERNS[name])
    print(f"{name}: quiet_rps={pattern.quiet_rps:.2f} peak_rps={pattern.peak_rps:.2f}")
    for hump in pattern.humps:
        print(f"    onset_s={hump.onset_s:.0f} rise_s={hump.rise_s:.1f} "
              f"plateau_s={hump.plateau_s:.0f} fall_s={hump.fall_s:.0f}")  # fmt: skip
    rises = [float(ten_second_rises(PATTERNS[name].rates_rps(rng)).max()) for _ in range(SEEDS)]
    print(f"    largest 10 s rise / mean: {ten_second_rises(measured).max():.2f}, generated {np.mean(rises):.2f}")


def _print_whole(path: Path) -> None:
    counts = load_counts(path).astype(np.float64)
    for shape in fit(counts, TRACE):
        print(" ".join(f"{name}={value:.4g}" for name, value in asdict(shape).items()), flush=True)
    trace = statistics(counts[counts > 0])
    runs = [statistics(load) for load in generated(TRACE)]
    print(f"{'statistic':<30} {'trace':>8} {'generator':>10} {'± over seeds':>13}")
    for name, value in trace.items():
        values = np.array([run[name] for run in runs])
        print(f"{name:<30} {value:>8.3f} {values.mean():>10.3f} {values.std(ddof=1):>13.3f}")


if __name__ == "__main__":
    main()
