"""The interface between controllers and clusters."""

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
        """Restart, with every replica of the initial configuration ready."""

    def apply(self, configuration: Configuration) -> None:
        """Request a configuration. Returns at once; the change may still be rolling out in later windows."""

    def advance(self, seconds: float) -> Window:
        """Advance by `seconds` and return the window of that time."""

    def close(self) -> None:
        """Release the cluster's resources; closing twice is allowed."""


@runtime_checkable
class Drainable(Cluster, Protocol):
    """A cluster whose load can be stopped early."""

    def drain(self, limit_s: float) -> Window:
        """Stop the load, answer the requests in the system within the limit, and return the window of that time."""


class Snapshot(Protocol):
    """The state of a simulator at one instant; only a simulator of the same kind can read all of it."""

    @property
    def configuration(self) -> Configuration:
        """The configuration in force at that instant."""


@runtime_checkable
class Simulator(Cluster, Protocol):
    """A simulated cluster, which supports snapshots and forks."""

    @property
    def configuration(self) -> Configuration:
        """The configuration in force: the last requested one, which may still be rolling out."""

    def snapshot(self) -> Snapshot:
        """The state at this instant, for `restore` of a simulator of the same kind and scenario."""

    def restore(self, snapshot: Snapshot) -> None:
        """Return to the state of the snapshot.

        Raises:
            InputError: the snapshot is of another kind of simulator.
        """

    def fork(self) -> Self:
        """A second simulator in the same state, independent from now on."""
