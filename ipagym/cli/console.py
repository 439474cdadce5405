"""Where tables are printed."""

import os
import sys

from rich.console import Console

WIDE = 200
"""Columns in a file or a pipe, which have no edge to keep to."""


def console() -> Console:
    """Standard output, as wide as its terminal (or `COLUMNS`), and wide enough for any table where it is none."""
    has_an_edge = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(emoji=False, markup=False, width=None if has_an_edge else WIDE)
