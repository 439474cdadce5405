"""The one seam between controllers and what they control."""

from typing import Protocol, Self, runtime_checkable

from ipagym.model.configuration import Configuration
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window


class Cluster(Protocol):
    """A serving cluster, simulated or live."""

    @property
    def now(self) -> float:
        """Cluster time in seconds since the last reset."""

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline that is served."""

    def reset(self, seed: int) -> None:
        """Start afresh, with every replica of the initial configuration ready."""

    def apply(self, configuration: Configuration) -> None:
        """Ask for a configuration. Returns at once; the change may still be rolling out in later windows."""

    def advance(self, seconds: float) -> Window:
        """Let `seconds` pass and report what happened."""

    def close(self) -> None:
        """Release what the cluster holds; closing twice is allowed."""


@runtime_checkable
class Drainable(Cluster, Protocol):
    """A cluster whose load can be ended before its time."""

    def drain(self, limit_s: float) -> Window:
        """Take no more load, answer what is in the system within the limit; the window since the last one."""


class Snapshot(Protocol):
    """A simulator at one instant; the rest of it only a simulator of the same kind can read."""

    @property
    def configuration(self) -> Configuration:
        """The configuration in force at that instant."""


@runtime_checkable
class Simulator(Cluster, Protocol):
    """A simulated cluster, which can be gone back to and doubled."""

    @property
    def configuration(self) -> Configuration:
        """The configuration in force: the last one asked for, though it may still be rolling out."""

    def snapshot(self) -> Snapshot:
        """The state at this instant, for `restore` of a simulator of the same kind and scenario."""

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from where the snapshot was taken.

        Raises:
            InputError: the snapshot is of another kind of simulator.
        """

    def fork(self) -> Self:
        """A second simulator in the same state, independent from now on."""
