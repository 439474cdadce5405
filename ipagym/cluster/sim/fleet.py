"""The replicas of one stage, and how they follow the setting asked for."""

from collections.abc import Callable

from ipagym.cluster.sim.clock import Clock, Priority
from ipagym.cluster.sim.meter import Meter
from ipagym.cluster.sim.nodes import Nodes
from ipagym.cluster.sim.replica import Replica, State
from ipagym.configuration import StageSetting
from ipagym.pipeline import Stage


class Fleet:
    """Creates, readies, drains and removes the replicas of one stage.

    The replicas of the variant asked for form the deployment; all others are old. Replicas short of the target are
    created and load their model; replicas beyond it go, those without work first. Old replicas that are not ready yet
    go at once; ready ones serve until the whole deployment is ready (create before delete). Where the deployment is
    stuck for want of room on the nodes, old replicas go one at a time to make it, but never the last one serving.
    """

    def __init__(self, stage: Stage, clock: Clock, nodes: Nodes) -> None:
        self._stage = stage
        self._clock = clock
        self._nodes = nodes
        self._created = 0
        self.replicas: list[Replica] = []
        self.cores, self.ready, self.busy = Meter(), Meter(), Meter()
        self.busy_cores = Meter()
        self.on_ready: Callable[[], None] = lambda: None
        self.on_room: Callable[[], None] = lambda: None

    def start(self, setting: StageSetting) -> None:
        """Have the setting's replicas ready now, as far as they fit."""
        self.setting = setting
        for replica in self._create(setting.replicas):
            if replica.state is State.STARTING:
                self._make_ready(replica)

    def follow(self, setting: StageSetting) -> None:
        """Move towards a new setting; an unfinished move is superseded."""
        self.setting = setting
        deployment = self._deployment()
        surplus = len(deployment) - setting.replicas
        self._create(max(0, -surplus))
        for replica in sorted(deployment, key=_dispensability)[: max(0, surplus)]:
            self._retire(replica)
        for replica in self._old():
            if replica.state is not State.READY:
                self._retire(replica)
        self._retire_old()
        self.on_room()

    def admit(self, replica: Replica) -> None:
        """A replica got room on a node: its model starts loading."""
        replica.state = State.STARTING
        self.cores.change(replica.variant.base_cores, self._clock.now)
        self._clock.at(self._clock.now + replica.variant.load_s, Priority.READY, lambda: self._loaded(replica))

    def make_room(self) -> bool:
        """Let one old replica go where the deployment is stuck for want of room; tells whether one was."""
        deployment, old = self._deployment(), self._old()
        waits_for_room = any(r.state is State.PENDING for r in deployment) and not any(
            r.state in (State.STARTING, State.DRAINING) for r in self.replicas
        )
        if not (waits_for_room and old and self._ready_in(deployment + old) > 1):
            return False
        self._retire(min(old, key=_dispensability))
        return True

    def idle(self) -> Replica | None:
        """The replica that has been idle longest, ties by index; None when all work."""
        idle = [r for r in self.replicas if r.state is State.READY and not r.is_busy]
        return min(idle, key=lambda r: (r.idle_since_s, r.index), default=None)

    def took_batch(self, replica: Replica) -> None:
        """The replica, given its batch, is at work from now."""
        self.busy.change(1, self._clock.now)
        self.busy_cores.change(replica.variant.base_cores, self._clock.now)

    def finished_batch(self, replica: Replica) -> None:
        """The replica, its batch taken away, is idle from now, or gone if it was draining."""
        replica.idle_since_s = self._clock.now
        self.busy.change(-1, self._clock.now)
        self.busy_cores.change(-replica.variant.base_cores, self._clock.now)
        if replica.state is State.DRAINING:
            self.ready.change(-1, self._clock.now)
            self._remove(replica)
            self.on_room()

    def count(self, state: State) -> int:
        """How many replicas are in `state`."""
        return sum(replica.state is state for replica in self.replicas)

    def _deployment(self) -> list[Replica]:
        return [r for r in self.replicas if r.variant.name == self.setting.variant and r.state is not State.DRAINING]

    def _old(self) -> list[Replica]:
        return [r for r in self.replicas if r.variant.name != self.setting.variant and r.state is not State.DRAINING]

    def _create(self, number: int) -> list[Replica]:
        variant = self._stage.variant(self.setting.variant)
        created = [Replica(self._created + i, variant) for i in range(number)]
        self._created += number
        self.replicas += created
        for replica in created:
            if self._nodes.fits(replica):
                self.admit(replica)
            else:
                self._nodes.pending.append(replica)
        return created

    def _loaded(self, replica: Replica) -> None:
        if replica.state is State.STARTING:
            self._make_ready(replica)
            self._retire_old()
            self.on_ready()
            self.on_room()

    def _make_ready(self, replica: Replica) -> None:
        replica.state = State.READY
        replica.idle_since_s = self._clock.now
        self.ready.change(1, self._clock.now)

    def _retire_old(self) -> None:
        if self._ready_in(self._deployment()) == self.setting.replicas:
            for replica in self._old():
                self._retire(replica)

    def _ready_in(self, replicas: list[Replica]) -> int:
        return sum(replica.state is State.READY for replica in replicas)

    def _retire(self, replica: Replica) -> None:
        if replica.is_busy:
            replica.state = State.DRAINING
            return
        if replica.state is State.READY:
            self.ready.change(-1, self._clock.now)
        self._remove(replica)

    def _remove(self, replica: Replica) -> None:
        self._nodes.release(replica)
        if replica.holds_cores:
            self.cores.change(-replica.variant.base_cores, self._clock.now)
        replica.state = State.GONE
        self.replicas.remove(replica)


def _dispensability(replica: Replica) -> tuple[int, bool, int]:
    """Sort key of who goes first: not yet ready before ready, idle before busy, the youngest first."""
    return replica.state, replica.is_busy, -replica.index
