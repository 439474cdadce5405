"""The terminal: where tables are printed, and how far a measurement has come."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console

from ipagym.system.progress import progress_bar

if TYPE_CHECKING:
    from ipagym.workload import Workload

Result = TypeVar("Result")

Progress = Callable[[str, int, int], None]
"""Called with what is being measured, and how much of how much is done."""

WIDE = 200
"""Columns in a file or a pipe, which have no edge to keep to."""


def console() -> Console:
    """Standard output, as wide as its terminal (or `COLUMNS`), and wide enough for any table where it is none."""
    has_an_edge = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(emoji=False, markup=False, width=None if has_an_edge else WIDE)


def tell_source(load: "Workload") -> None:
    """Print what was read, of a load that was read from a file."""
    from ipagym.workload.origin import source_of

    source = source_of(load)
    if source is not None:
        print(f"load: {source.line}")


def measured(title: str, measure: Callable[[Progress], Result]) -> Result:
    """The result of a measurement, whose progress is shown."""
    with progress_bar() as bar:
        task = bar.add_task(title, total=None)
        return measure(lambda what, done, total: bar.update(task, description=what, completed=done, total=total))
