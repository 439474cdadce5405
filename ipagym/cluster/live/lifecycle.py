"""The life of a replica with a process behind it."""

from collections.abc import Callable
from time import monotonic

from ipagym.cluster.live.children.framing import Message
from ipagym.cluster.live.clock import LiveClock
from ipagym.cluster.live.program import Program
from ipagym.cluster.live.servers import Servers
from ipagym.cluster.sim.reference.lifecycle import Lifecycle
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.replica import Replica
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.model.pipeline import Stage
from ipagym.task.physics import Physics


class LiveLifecycle(Lifecycle):
    """A start takes as long as the process needs until it says that it can serve.

    `on_answers` takes what a replica answers, `on_end` a replica whose process has ended without being told to.
    `starts` has the variant and the seconds of each start.
    """

    def __init__(
        self,
        stage: Stage,
        clock: LiveClock,
        nodes: Nodes,
        sampling: Sampling,
        *,
        physics: Physics,
        program: Program,
        servers: Servers,
    ) -> None:
        super().__init__(stage.name, clock, nodes, sampling, keep_alive_s=physics.keep_alive_s)
        self.on_answers: Callable[[Replica, Message], None] = lambda replica, message: None
        self.on_end: Callable[[Replica], None] = lambda replica: None
        self.starts: list[tuple[str, float]] = []
        self._program = program
        self._servers = servers

    def remove(self, replica: Replica) -> None:
        """The replica is gone, and so will be its process."""
        super().remove(replica)
        self._servers.stop(replica)

    def _begin_start(self, replica: Replica) -> None:
        start, begun_s = replica.start, monotonic()

        def ready() -> None:
            self.starts.append((replica.variant.name, monotonic() - begun_s))
            self.on_loaded(replica, start)

        self._servers.start(
            replica,
            {"stage": self._stage, "model": self._program.model(self._stage, replica.variant.name)},
            on_ready=ready,
            on_answers=lambda message: self.on_answers(replica, message),
            on_end=lambda: self.on_end(replica),
        )
