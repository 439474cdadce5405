"""Train IPA's load forecaster on the Twitter trace: `python scripts/train_lstm.py TRACE [--out FILE]`."""

import argparse
import sys
from pathlib import Path

from ipagym.agents.learned.lstm_training import LstmSettings, train
from ipagym.files import write_atomically
from ipagym.forecast.lstm import SHIPPED
from ipagym.workload.trace import load_counts


def main() -> int:
    """Train, print the scores, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trace", type=Path, help="workload.tbz2 or workload.txt")
    parser.add_argument("--out", type=Path, default=SHIPPED, help="where to write the weights")
    parser.add_argument("--epochs", type=int, default=30)
    chosen = parser.parse_args()
    weights, scores = train(
        load_counts(chosen.trace),
        LstmSettings(epochs=chosen.epochs),
        lambda done, total: print(f"epoch {done} of {total}", flush=True),
    )
    print(scores)
    write_atomically(chosen.out, weights.text().encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
