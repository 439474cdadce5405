"""The origin of a load in words, for tables of figures."""

from typing import Protocol, runtime_checkable

from ipagym.workload.protocol import Workload
from ipagym.workload.recorded.load import Source

GENERATED = "generated"


@runtime_checkable
class Told(Protocol):
    """A load that has a text about its origin."""

    @property
    def origin(self) -> str:
        """A few words: generated, or what it is cut from."""


def origin_of(load: Workload) -> str:
    """The origin of the load; for a user's object without an origin, that it is the user's own."""
    return load.origin if isinstance(load, Told) else "the user's own"


@runtime_checkable
class Read(Protocol):
    """A load that was read from a file."""

    @property
    def source(self) -> Source | None:
        """The file, and how it was read."""


def source_of(load: Workload) -> Source | None:
    """The file of the load, if it was read from one."""
    return load.source if isinstance(load, Read) else None


@runtime_checkable
class Recorded(Protocol):
    """A load with recorded rates, or a part of one."""

    @property
    def digest(self) -> str | None:
        """A hash of the rates."""


def digest_of(load: Workload) -> str | None:
    """The hash of the rates of a recorded load; None for a generated load, which its name defines."""
    return load.digest if isinstance(load, Recorded) else None
