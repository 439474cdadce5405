"""The reference returns in envs/reference_returns.yaml, and their table in docs/environments.md.

python scripts/reference_returns.py FOLDER     # runs the agents (half an hour on two cores; goes on where it stopped)
python scripts/reference_returns.py            # prints the table
"""

import sys
from pathlib import Path

from ipagym.cli.references import measure, table

if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]), workers=2)
    print(table())
