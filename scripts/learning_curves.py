"""The curves of docs/learning.md, from the cards in agents/zoo/.

python scripts/learning_curves.py [NAME ...]
"""

import sys
from pathlib import Path

from ipagym.agents.learned.zoo import FOLDER
from ipagym.bench.drawing.files import write_figure
from ipagym.cli.learning_curves import curves, figure

if __name__ == "__main__":
    names = sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("*.md"))
    out = Path(__file__).parents[1] / "docs" / "images" / "learning_curves.png"
    write_figure(figure({name: curves(FOLDER / f"{name}.md") for name in names}), [out])
