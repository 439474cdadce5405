"""Train a paper's load forecaster on the Twitter trace: `python scripts/train_lstm.py TRACE [--paper infadapter]`."""

import argparse
import sys
from pathlib import Path

from ipagym.agents.learned.lstm_training import LstmSettings, train
from ipagym.forecast.lstm import HORIZONS, SHIPPED
from ipagym.system.files import write_atomically
from ipagym.workload.trace import load_counts

DAMPING = {"ipa": 8, "infadapter": 1}
"""By how much the papers divide the counts of the trace."""


def main() -> int:
    """Train, print the scores, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path, help="workload.tbz2 or workload.txt")
    parser.add_argument("--paper", choices=sorted(HORIZONS), default="ipa", help="whose forecaster")
    parser.add_argument("--out", type=Path, help="where to write the weights, instead of those that are shipped")
    parser.add_argument("--epochs", type=int, default=30)
    chosen = parser.parse_args()
    weights, scores = train(
        load_counts(chosen.trace),
        LstmSettings(epochs=chosen.epochs, horizon=HORIZONS[chosen.paper], damping=DAMPING[chosen.paper]),
        lambda done, total: print(f"epoch {done} of {total}", flush=True),
    )
    print(scores)
    write_atomically(chosen.out or SHIPPED[chosen.paper], weights.text().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
