"""The command that is being run, so that results can say what they were made by."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_COMMAND: ContextVar[str | None] = ContextVar("command", default=None)


def command_line() -> str | None:
    """The command as a shell takes it, or none where Python called."""
    return _COMMAND.get()


@contextmanager
def running(program: str, arguments: Sequence[str]) -> Iterator[None]:
    """The body is the work of that command."""
    token = _COMMAND.set(shlex.join([program, *arguments]))
    try:
        yield
    finally:
        _COMMAND.reset(token)
