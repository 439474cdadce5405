"""The curves of docs/learning.md, from the runs that `python scripts/zoo.py FOLDER` left.

python scripts/learning_curves.py FOLDER [NAME ...]
"""

import sys
from pathlib import Path

from ipagym.cli.learning_curves import draw
from ipagym.cli.zoo import ENTRIES, RUNS

if __name__ == "__main__":
    names = sys.argv[2:] or list(ENTRIES)
    runs = {name: [f"{name}-{seed}" for seed in range(RUNS)] for name in names}
    draw(Path(sys.argv[1]), runs, Path(__file__).parents[1] / "docs" / "images" / "learning_curves.png")
