"""The origin of a load in words, for tables: no figure should be without it."""

from typing import Protocol, runtime_checkable

from ipagym.workload.protocol import Workload

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
