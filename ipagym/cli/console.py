"""The terminal: printed tables, and the progress of a measurement."""

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
"""Called with the current step, the number of steps done, and their total."""

WIDE = 200
"""Columns of output to a file or a pipe."""


def console() -> Console:
    """Standard output, as wide as its terminal (or `COLUMNS`); without a terminal, wide enough for any table."""
    has_an_edge = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(emoji=False, markup=False, width=None if has_an_edge else WIDE)


def tell_source(load: "Workload") -> None:
    """If the load comes from a file, print its source."""
    from ipagym.workload.origin import source_of

    source = source_of(load)
    if source is not None:
        print(f"load: {source.line}")


def measured(title: str, measure: Callable[[Progress], Result]) -> Result:
    """The result of a measurement; its progress is shown."""
    with progress_bar() as bar:
        task = bar.add_task(title, total=None)
        return measure(lambda what, done, total: bar.update(task, description=what, completed=done, total=total))
