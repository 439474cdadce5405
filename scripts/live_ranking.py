"""The rewards of agents on a live cluster and on the simulator under the same load and seed, and how alike they rank.

Usage: python scripts/live_ranking.py LIVE SIMULATED [LIVE SIMULATED ...]

Each pair is two folders of `ipagym compare`, with and without `--backend local`. Kendall's tau-b counts agents that the
simulator takes for equal as ties.
"""

import sys

import pandas as pd
from scipy.stats import kendalltau

from ipagym import load_results


def rewards(folder: str) -> pd.Series:
    """The mean reward of each agent."""
    return load_results(folder).episodes.groupby("agent", sort=False)["reward"].mean()


if __name__ == "__main__":
    for live, simulated in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        table = pd.DataFrame({"live": rewards(live), "simulated": rewards(simulated)}).dropna()
        print(table.sort_values("live").round(2).to_string())
        print(f"Kendall's tau-b {kendalltau(table['live'], table['simulated']).statistic:.2f}\n")
