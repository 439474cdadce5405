"""The tables of docs/controllers.md.

python scripts/controllers_table.py                     # the catalogue

for s in video infadapter sponge joint; do ipagym compare $s --agents all --seeds 1 --out results/all-$s; done
python scripts/controllers_table.py results/all-*       # what they achieve
"""

import sys
from pathlib import Path

from ipagym.cli.controllers import catalogue_table, results_table

if __name__ == "__main__":
    folders = [Path(each) for each in sys.argv[1:]]
    print(results_table(folders) if folders else catalogue_table())
