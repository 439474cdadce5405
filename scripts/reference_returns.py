"""The reference returns in envs/reference_returns.yaml.

python scripts/reference_returns.py FOLDER     # half an hour on two cores; goes on where it stopped
"""

import sys
from pathlib import Path

from ipagym.cli.references import measure

if __name__ == "__main__":
    measure(Path(sys.argv[1]), workers=2)
