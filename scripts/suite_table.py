"""The tables of docs/tasks.md: agents on the tasks of the suite, on seeds of test.

python scripts/suite_table.py FOLDER [TASK ...]   # the folder of scripts/zoo.py; what it holds already is not run again
"""

import sys
from pathlib import Path

from ipagym.cli.suite import tables
from ipagym.cli.zoo import SUITE

if __name__ == "__main__":
    print(tables(sys.argv[2:] or list(SUITE), Path(sys.argv[1]) / "compared"))
