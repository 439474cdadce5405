"""The tables of docs/environments.md: ids, entries of observations, reference returns.

python scripts/environments_tables.py
"""

from ipagym.cli.environments import entries_table, ids_table
from ipagym.cli.references import table

if __name__ == "__main__":
    print(ids_table(), entries_table(), table(), sep="\n\n")
