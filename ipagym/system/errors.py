"""Errors, drawn as a tree.

IpagymError
├── InputError       what the user gave cannot be used; the message names the thing and the remedy
├── BusyError        a second thread uses what can be used by one at a time
└── SolverError      a solver broke down (an infeasible problem is not an error: it has a fallback)
"""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 1000
"""Characters of a message; one may quote anything."""


class IpagymError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(IpagymError, ValueError):
    """Bad input: one line that names the thing, its value and the remedy.

    What is not printable in the message, which may quote anything, is written as its escape.
    """

    def __init__(self, message: str) -> None:
        super().__init__("".join(map(_printable, message[:LONGEST])))


class BusyError(IpagymError, RuntimeError):
    """A second thread uses what can be used by one at a time."""


class SolverError(IpagymError, RuntimeError):
    """A solver ended without an answer for a reason other than infeasibility."""


def _printable(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """An `InputError` for a name nobody knows, with the nearest known one."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of: {', '.join(names)}"
    return InputError(f"unknown {kind} {name!r}: {hint}")
