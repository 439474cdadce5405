"""The progress bar of long runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Tick = Callable[[int, int], None]
"""Called with how much of how much is done."""

_IS_SHOWN: ContextVar[bool] = ContextVar("is_shown", default=True)


def progress_bar() -> Progress:
    """A bar on standard error that vanishes when done; none where that is not a terminal, or within `no_bars`."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not (console.is_terminal and _IS_SHOWN.get()))


@contextmanager
def counted(title: str) -> Iterator[Tick]:
    """A bar for the length of the body, which says how far it has come."""
    with progress_bar() as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def no_bars() -> Iterator[None]:
    """The body's work shows no bars."""
    token = _IS_SHOWN.set(False)
    try:
        yield
    finally:
        _IS_SHOWN.reset(token)
