"""The tables of docs/tasks.md: agents on the tasks of the suite, on seeds of test.

python scripts/suite_table.py FOLDER             # runs them all (hours); goes on where it stopped
python scripts/suite_table.py FOLDER TASK ...    # runs some of them
"""

import sys
from pathlib import Path

from ipagym.cli.suite import OPTIMISERS, gaps_table, measure, rewards_table

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for task in sys.argv[2:] or OPTIMISERS:
        measure(task, folder)
    print(rewards_table(folder), gaps_table(folder), sep="\n\n")
