"""The front of docs/learning.md: a policy that is told the price of accuracy, beside its rivals under several prices.

python scripts/front_of_weights.py FOLDER   # the folder of scripts/zoo.py; what it holds already is not run again
"""

import sys
from pathlib import Path

from ipagym.cli.zoo_weights import draw, tables

NAME = "video-day-weights"

if __name__ == "__main__":
    results, images = Path(sys.argv[1]) / "compared", Path(__file__).parents[1] / "docs" / "images"
    print(tables(NAME, results))
    draw(NAME, results, images / "front_of_weights.png", images / "front_of_weights.pdf")
