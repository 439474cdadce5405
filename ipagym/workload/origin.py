"""The origin of a load in words, for tables: no figure should be without it."""

from typing import Protocol, runtime_checkable

from ipagym.workload.protocol import Workload
from ipagym.workload.recorded.load import Source

GENERATED = "generated"


@runtime_checkable
class Told(Protocol):
    """A load that tells where it comes from."""

    @property
    def origin(self) -> str:
        """A few words: generated, or what it is cut from."""


def origin_of(load: Workload) -> str:
    """The origin of the load; an object of the user's without one is called that."""
    return load.origin if isinstance(load, Told) else "the user's own"


@runtime_checkable
class Read(Protocol):
    """A load that was read from a file."""

    @property
    def source(self) -> Source | None:
        """The file, and how it was read."""


def source_of(load: Workload) -> Source | None:
    """The file that the load was read from, if it was."""
    return load.source if isinstance(load, Read) else None


@runtime_checkable
class Recorded(Protocol):
    """A load whose rates were recorded, or one that may be cut from such."""

    @property
    def digest(self) -> str | None:
        """A hash of the rates."""


def digest_of(load: Workload) -> str | None:
    """The hash of the rates of a recorded load; none of a generated one, which its name defines."""
    return load.digest if isinstance(load, Recorded) else None
