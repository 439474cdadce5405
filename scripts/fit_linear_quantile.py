"""Fit the linear quantile forecaster to the Twitter trace: `python scripts/fit_linear_quantile.py TRACE [--out FILE]`.

Needs the `forecast` extra (statsmodels).
"""

import argparse
import sys
from pathlib import Path

from ipagym.agents.learned.quantile_fitting import fit
from ipagym.forecast.linear_quantile import SHIPPED
from ipagym.system.files import write_atomically
from ipagym.workload.trace import load_counts


def main() -> int:
    """Fit, print the scores, write the coefficients."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path, help="workload.tbz2 or workload.txt")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where to write the coefficients")
    chosen = parser.parse_args()
    coefficients, scores = fit(load_counts(chosen.trace))
    for quantile, score in scores.items():
        print(f"quantile {quantile}: pinball loss {score.pinball_rps:.4f} rps, too low {100 * score.under_share:.1f} %")
    write_atomically(chosen.out, coefficients.text().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
