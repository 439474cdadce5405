"""Errors, as a tree.

IpagymError
├── InputError       what the user gave cannot be used; the message names the thing and the remedy
│   └── UnknownArgument   an argument that nothing takes
├── BusyError        a second thread uses what can be used by one at a time
└── SolverError      a solver broke down (an infeasible problem is not an error: it has a fallback)
"""

import traceback
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

LONGEST = 1000
"""Largest number of characters of a message, since messages quote input."""


class IpagymError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(IpagymError, ValueError):
    """Bad input: one line that names the thing, its value and the remedy.

    Messages quote input, so unprintable characters are written as escapes.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(map(_printable, message[:LONGEST]))[:LONGEST])


class UnknownArgument(InputError, TypeError):
    """An unknown argument. It is a `TypeError` with Python's usual text, because tools test in this way whether an
    environment takes an argument (TorchRL: `frameskip`).
    """


class BusyError(IpagymError, RuntimeError):
    """A second thread uses an object that only one thread at a time may use."""


class SolverError(IpagymError, RuntimeError):
    """A solver ended without an answer for a reason other than infeasibility."""


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """An `InputError` for an unknown name; it suggests the nearest known one."""
    return InputError(f"unknown {kind} {name!r}: {_hint(name, known)}")


def unknown_argument(name: str, known: Iterable[str]) -> UnknownArgument:
    """An `UnknownArgument` that suggests the nearest known one."""
    return UnknownArgument(f"unexpected keyword argument {name!r}: {_hint(name, known)}")


def in_one_line(error: BaseException) -> str:
    """The error of the user's code in one line, with file and line if they are missing; ipagym's errors are not
    changed.
    """
    text = str(error)
    if isinstance(error, IpagymError):
        return text
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = "" if isinstance(error, SyntaxError) else f" ({Path(last.filename).name}, line {last.lineno})"
    return f"{type(error).__name__}{': ' if text else ''}{text}{where}"


def _hint(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]!r}?" if near else f"choose one of: {', '.join(names)}"
