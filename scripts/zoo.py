"""The policies of the package: trained, chosen on validation, compared on test seeds, with their cards in agents/zoo/.

python scripts/zoo.py FOLDER [NAME ...]   # what FOLDER holds already is not run again; needs the `rl` extra
"""

import sys
from pathlib import Path

from ipagym.agents.learned.zoo import FOLDER
from ipagym.cli import main
from ipagym.cli.zoo import ENTRIES, command, runs_of, ship
from ipagym.cli.zoo_card import write_card

if __name__ == "__main__":
    runs, names = Path(sys.argv[1]), sys.argv[2:] or list(ENTRIES)
    for name in names:
        for seed, out in enumerate(runs_of(name, runs)):
            again = ["--resume"] if (out / "last.pt").is_file() else []
            if not (out / "curve.json").is_file() and main([*command(name, seed), "--out", str(out), *again]):
                sys.exit(1)
        ship(name, runs, FOLDER)
        write_card(name, runs, FOLDER, runs / "compared")
