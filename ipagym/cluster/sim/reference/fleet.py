"""The replicas of one station, and how they follow the setting asked for."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock
from ipagym.cluster.sim.reference.lifecycle import Lifecycle
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.cluster.sim.reference.resize import Resize
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.reference.target import Target
from ipagym.model.configuration import Deployment
from ipagym.model.pipeline import Stage
from ipagym.task.physics import Physics


class Fleet:
    """Creates replicas and lets them go, as the setting asks.

    Replicas of the deployment short of the target are created and load their model; replicas beyond it go, those
    without work first. Old replicas that are not ready yet go at once; ready ones serve until the whole deployment is
    ready (create before delete). Where the deployment is stuck for want of room on the nodes, old replicas go one at a
    time to make it, but never the last one serving. `asleep` of the deployment's replicas sleep: they are gone until
    they are woken.
    """

    def __init__(
        self, stage: Stage, life: Lifecycle, clock: Clock, nodes: Nodes, *, physics: Physics, sampling: Sampling
    ) -> None:
        self._clock = clock
        self._nodes = nodes
        self._sampling = sampling
        self._created = 0
        self.asleep = 0
        self.target = Target(stage, in_place=physics.resize_s is not None)
        self.life = life
        self.resizing = Resize(self.target, self.life, clock, nodes, resize_s=physics.resize_s)
        self.replicas = self.life.replicas
        self.on_ready: Callable[[], None] = lambda: None
        self.life.on_loaded = self._loaded

    def start(self, setting: Deployment) -> None:
        """Have the setting's replicas ready now, as far as they fit."""
        self.target.aim_at(setting)
        for replica in self._create(setting.replicas):
            if self._nodes.fits(replica):
                self.life.cores.change(replica.cores, self._clock.now)
                self.life.make_ready(replica)
            else:
                self._nodes.wait_for_room(replica)

    def follow(self, setting: Deployment) -> None:
        """Move towards a new setting; an unfinished move is superseded."""
        self.target.aim_at(setting)
        deployment = self.deployment()
        # Sleeping replicas count towards the target: a change of variant wakes none, and scale-down removes them first.
        self.asleep = max(0, min(self.asleep, setting.replicas - max(len(deployment), len(self._old()))))
        surplus = len(deployment) + self.asleep - setting.replicas
        self.launch(-surplus)
        for replica in sorted(deployment, key=_dispensability)[: max(0, surplus)]:
            self.life.retire(replica)
        for replica in self._old():
            if replica.state is not State.READY:
                self.life.retire(replica)
        self._retire_old()
        self.resizing.plan_resize()
        self._watch_idle()

    def launch(self, number: int) -> None:
        """Create `number` replicas, none where that is negative; those that fit start."""
        for replica in self._create(max(0, number)):
            if self._nodes.fits(replica):
                self.life.admit(replica)
            else:
                self._nodes.wait_for_room(replica)

    def retire_all(self) -> None:
        """Let every replica go."""
        self.asleep = 0
        for replica in list(self.replicas):
            if replica.state is not State.DRAINING:
                self.life.retire(replica)

    def make_room(self) -> bool:
        """Let one old replica go where the deployment is stuck for want of room; tells whether one was."""
        deployment, old = self.deployment(), self._old()
        # A replica that starts will let the old ones go, and one that drains will leave its room: neither is stuck.
        waits_for_room = any(r.state is State.PENDING for r in deployment) and not any(
            r.state in (State.STARTING, State.DRAINING) for r in self.replicas
        )
        if not (waits_for_room and old and _ready_in(deployment + old) > 1):
            return False
        self.life.retire(_most_dispensable(old))
        return True

    def lose(self, replica: Replica, *, needed: bool) -> None:
        """The node under a replica, its batch taken away before, is lost; it waits for room elsewhere if `needed`."""
        if replica.state in (State.READY, State.DRAINING):
            self.life.ready.change(-1, self._clock.now)
        if not needed or replica.state is State.DRAINING:
            self.life.remove(replica)
            return
        self._nodes.release(replica)
        self.life.cores.change(-replica.cores, self._clock.now)
        if not self.target.is_old(replica):
            replica.cores = self.target.cores
        self._nodes.wait_for_room(replica)

    def idle(self) -> Replica | None:
        """The replica that has been idle longest, ties by index; None when all work."""
        idle = [r for r in self.replicas if r.state is State.READY and not r.is_busy]
        return min(idle, key=lambda r: (r.idle_since_s, r.index), default=None)

    def count(self, state: State) -> int:
        """The number of replicas in `state`."""
        return sum(replica.state is state for replica in self.replicas)

    def deployment(self) -> list[Replica]:
        """The replicas of the deployment asked for, but for those that drain."""
        return [r for r in self.replicas if r.state is not State.DRAINING and not self.target.is_old(r)]

    def _old(self) -> list[Replica]:
        return [r for r in self.replicas if r.state is not State.DRAINING and self.target.is_old(r)]

    def _create(self, number: int) -> list[Replica]:
        created = [Replica(self._created + i, self.target.variant, self.target.cores) for i in range(number)]
        self._created += number
        self.replicas += created
        return created

    def _loaded(self, replica: Replica, start: int) -> None:
        """A start should be done."""
        if replica.state is not State.STARTING or replica.start != start:
            return
        if self._sampling.start_fails(replica):
            self.life.load(replica)
            return
        self.life.make_ready(replica)
        self._retire_old()
        self.on_ready()

    def _retire_old(self) -> None:
        """Let the old replicas go once the whole deployment is ready."""
        awake = _ready_in(self.deployment())
        if self.target.setting is not None and awake + self.asleep == self.target.setting.replicas:
            for replica in self._old():
                self.life.retire(replica)

    def _watch_idle(self) -> None:
        """Watch the idle replicas of the deployment: some may have been old, and not watched, until now."""
        for replica in self.deployment():
            if replica.state is State.READY and not replica.is_busy:
                self.life.watch(replica, replica.idle_since_s)


def _ready_in(replicas: list[Replica]) -> int:
    return sum(replica.state is State.READY for replica in replicas)


def _most_dispensable(replicas: list[Replica]) -> Replica:
    return min(replicas, key=_dispensability)


def _dispensability(replica: Replica) -> tuple[int, bool, int]:
    """Sort key of those who go first: not yet ready before ready, idle before busy, the youngest first."""
    return replica.state, replica.is_busy, -replica.index
