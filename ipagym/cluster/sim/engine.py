"""The common face of the engines."""

from typing import Protocol

from ipagym.cluster.protocol import Simulator
from ipagym.cluster.sim.log import RequestLog
from ipagym.cluster.sim.request import Request
from ipagym.task.scenario import Scenario


class RequestSimulator(Simulator, Protocol):
    """A simulator that goes request by request and can keep a record of each."""

    @property
    def in_system(self) -> int:
        """Requests that have arrived and are neither answered nor dropped."""

    @property
    def requests(self) -> list[Request]:
        """Every request that has arrived since the last reset, in order of arrival."""

    @property
    def log(self) -> RequestLog:
        """The same as arrays."""


class Engine(Protocol):
    """The maker of a scenario's simulator; with `keep_requests` that one keeps the record of every request."""

    def __call__(self, scenario: Scenario, *, keep_requests: bool = False) -> RequestSimulator: ...
