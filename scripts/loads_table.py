"""The tables of docs/learning.md: one policy on loads of several kinds, beside its rivals.

python scripts/loads_table.py FOLDER [NAME ...]   # the folder of scripts/zoo.py; what it holds already is not run again
"""

import sys
from pathlib import Path

from ipagym.cli.zoo import GENERAL
from ipagym.cli.zoo_loads import tables

if __name__ == "__main__":
    print(tables(sys.argv[2:] or list(GENERAL), Path(sys.argv[1]) / "compared"))
