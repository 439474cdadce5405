"""One thread at a time: the kernels run without the interpreter's lock, on state that they share."""

from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from ipagym.system.errors import BusyError


class Turn:
    """Lets one thread in and refuses others; a copy is free."""

    def __init__(self) -> None:
        self._lock = Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise BusyError(
                "this simulator is at work in another thread: give each thread an environment or cluster of its own"
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def __reduce__(self) -> tuple[Any, ...]:
        """A lock belongs to one object in one process."""
        return Turn, ()


class Shared(Protocol):
    """An object that has a turn."""

    turn: Turn


T = TypeVar("T", bound=Shared)
P = ParamSpec("P")
R = TypeVar("R")


def alone(method: Callable[Concatenate[T, P], R]) -> Callable[Concatenate[T, P], R]:
    """The method, which raises `BusyError` where another thread is in one like it of the same object."""

    @wraps(method)
    def guarded(self: T, /, *args: P.args, **options: P.kwargs) -> R:
        with self.turn:
            return method(self, *args, **options)

    return guarded
