"""The replicas of one station, and how they follow the setting asked for."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.meter import Meter
from ipagym.cluster.sim.reference.nodes import Nodes
from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.cluster.sim.reference.sampling import Sampling
from ipagym.cluster.sim.request import Request
from ipagym.model.configuration import StageSetting, cores_of
from ipagym.model.pipeline import Stage


class Fleet:
    """Creates, readies, resizes, drains and removes replicas.

    The replicas of the variant asked for form the deployment (those with other cores too, where cores are changed in
    place); all others are old. Replicas short of the target are created and load their model; replicas beyond it go,
    those without work first. Old replicas that are not ready yet go at once; ready ones serve until the whole
    deployment is ready (create before delete). Where the deployment is stuck for want of room on the nodes, old
    replicas go one at a time to make it, but never the last one serving. `asleep` of the deployment's replicas sleep:
    they are gone until they are woken.
    """

    def __init__(self, stage: Stage, clock: Clock, nodes: Nodes, sampling: Sampling, *, resize_s: float | None) -> None:
        self._stage = stage
        self._clock = clock
        self._nodes = nodes
        self._sampling = sampling
        self._resize_s = resize_s
        self._created = 0
        self._resizing_to: tuple[str, int] | None = None
        self._resize_due = False
        self._resize = 0
        self.asleep = 0
        self.setting: StageSetting | None = None
        self.replicas: list[Replica] = []
        self.cores, self.ready, self.busy = Meter(), Meter(), Meter()
        self.busy_cores = Meter()
        self.on_ready: Callable[[], None] = lambda: None
        self.on_idle: Callable[[Replica], None] = lambda replica: None
        self.on_room: Callable[[], None] = lambda: None

    def start(self, setting: StageSetting) -> None:
        """Have the setting's replicas ready now, as far as they fit."""
        self._aim_at(setting)
        for replica in self._create(setting.replicas):
            if self._nodes.fits(replica):
                self.cores.change(replica.cores, self._clock.now)
                self._make_ready(replica)
            else:
                self._nodes.pending.append(replica)

    def follow(self, setting: StageSetting) -> None:
        """Move towards a new setting; an unfinished move is superseded."""
        self._aim_at(setting)
        deployment = self._deployment()
        self.asleep = max(0, min(self.asleep, setting.replicas - max(len(deployment), len(self._old()))))
        surplus = len(deployment) + self.asleep - setting.replicas
        self._launch(-surplus)
        for replica in sorted(deployment, key=_dispensability)[: max(0, surplus)]:
            self._retire(replica)
        for replica in self._old():
            if replica.state is not State.READY:
                self._retire(replica)
        self._retire_old()
        self._plan_resize()
        for replica in self._deployment():
            if replica.state is State.READY and not replica.is_busy:
                self.on_idle(replica)

    def sleep(self, replica: Replica) -> None:
        """An idle replica of the deployment sleeps: what it held is free."""
        self.asleep += 1
        self._retire(replica)
        self.on_room()

    def wake(self, batches: int) -> None:
        """Start replicas that sleep, until as many are on their way as there are batches waiting."""
        coming = sum(r.state in (State.PENDING, State.STARTING) for r in self._deployment())
        woken = max(0, min(self.asleep, batches - coming))
        self.asleep -= woken
        self._launch(woken)

    def retire_all(self) -> None:
        """Let every replica go."""
        self.asleep = 0
        for replica in list(self.replicas):
            if replica.state is not State.DRAINING:
                self._retire(replica)

    def admit(self, replica: Replica) -> None:
        """A replica got room on a node: its model starts loading."""
        self.cores.change(replica.cores, self._clock.now)
        self._load(replica)

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

    def resize(self) -> None:
        """Give the deployment's replicas the cores asked for, once that is due, as far as their nodes have room."""
        for replica in self.mismatched() if self._resize_due else []:
            if self._nodes.resize(replica, self._wanted_cores):
                self.cores.change(self._wanted_cores - replica.cores, self._clock.now)
                if replica.is_busy:
                    self.busy_cores.change(self._wanted_cores - replica.cores, self._clock.now)
                replica.cores = self._wanted_cores

    def mismatched(self) -> list[Replica]:
        """The placed replicas of the deployment that do not have the cores asked for."""
        return [r for r in self._deployment() if r.state is not State.PENDING and r.cores != self._wanted_cores]

    def idle(self) -> Replica | None:
        """The replica that has been idle longest, ties by index; None when all work."""
        idle = [r for r in self.replicas if r.state is State.READY and not r.is_busy]
        return min(idle, key=lambda r: (r.idle_since_s, r.index), default=None)

    def took_batch(self, replica: Replica) -> None:
        """The replica, given its batch, is at work from now."""
        self.busy.change(1, self._clock.now)
        self.busy_cores.change(replica.cores, self._clock.now)

    def finished_batch(self, replica: Replica) -> None:
        """The replica, its batch taken away, is idle from now, or gone if it was draining."""
        replica.idle_since_s = self._clock.now
        self._stop_work(replica)
        if replica.state is State.DRAINING:
            self.ready.change(-1, self._clock.now)
            self._remove(replica)
            self.on_room()
        else:
            self.on_idle(replica)

    def crash(self, replica: Replica) -> list[Request]:
        """A ready replica crashes and starts again where it is; returns the batch it had."""
        batch = self._lose_batch(replica)
        self.ready.change(-1, self._clock.now)
        self._load(replica)
        return batch

    def lose(self, replica: Replica, *, needed: bool) -> list[Request]:
        """The node under a replica is lost; returns its batch. It waits for room elsewhere if it is `needed`."""
        batch = self._lose_batch(replica)
        if replica.state in (State.READY, State.DRAINING):
            self.ready.change(-1, self._clock.now)
        if not needed or replica.state is State.DRAINING:
            self._remove(replica)
            return batch
        self._nodes.release(replica)
        self.cores.change(-replica.cores, self._clock.now)
        replica.state = State.PENDING
        if not self.is_old(replica):
            replica.cores = self._wanted_cores
        self._nodes.pending.append(replica)
        return batch

    def is_old(self, replica: Replica) -> bool:
        """Not of the deployment asked for."""
        same_cores = self._resize_s is not None or replica.cores == self._wanted_cores
        return replica.variant is not self._wanted or not same_cores

    def count(self, state: State) -> int:
        """How many replicas are in `state`."""
        return sum(replica.state is state for replica in self.replicas)

    def _aim_at(self, setting: StageSetting) -> None:
        self.setting = setting
        self._wanted = self._stage.variant(setting.variant)
        self._wanted_cores = cores_of(setting, self._stage)

    def _deployment(self) -> list[Replica]:
        return [r for r in self.replicas if r.state is not State.DRAINING and not self.is_old(r)]

    def _old(self) -> list[Replica]:
        return [r for r in self.replicas if r.state is not State.DRAINING and self.is_old(r)]

    def _launch(self, number: int) -> None:
        """Create `number` replicas, none where that is negative; those that fit start."""
        for replica in self._create(max(0, number)):
            if self._nodes.fits(replica):
                self.admit(replica)
            else:
                self._nodes.pending.append(replica)

    def _create(self, number: int) -> list[Replica]:
        created = [Replica(self._created + i, self._wanted, self._wanted_cores) for i in range(number)]
        self._created += number
        self.replicas += created
        return created

    def _plan_resize(self) -> None:
        """Let the cores asked for take effect after the time that a resize takes, unless that is under way."""
        for replica in self._deployment():
            if replica.state is State.PENDING:
                replica.cores = self._wanted_cores
        wanted = (self._wanted.name, self._wanted_cores)
        if self._resizing_to == wanted:
            return
        self._resizing_to, self._resize_due = None, False
        self._resize += 1
        if self.mismatched() and self._resize_s is not None:
            self._resizing_to, resize = wanted, self._resize
            self._clock.at(self._clock.now + self._resize_s, Priority.READY, lambda: self._resized(resize))

    def _resized(self, resize: int) -> None:
        if resize == self._resize:
            self._resize_due = True
            self.on_room()

    def _load(self, replica: Replica) -> None:
        replica.state = State.STARTING
        replica.is_watched = False
        replica.start += 1
        start = replica.start
        slow, replica.fails = self._sampling.next_start(self._stage.name, replica.variant.name)
        ready_s = self._clock.now + self._sampling.start_s(replica.variant.load_s, slow)
        self._clock.at(ready_s, Priority.READY, lambda: self._loaded(replica, start))

    def _loaded(self, replica: Replica, start: int) -> None:
        if replica.state is not State.STARTING or replica.start != start:
            return
        if self._sampling.start_fails(replica.fails):
            self._load(replica)
            return
        self._make_ready(replica)
        self._retire_old()
        self.on_ready()
        self.on_room()

    def _make_ready(self, replica: Replica) -> None:
        replica.state = State.READY
        replica.idle_since_s = self._clock.now
        self.ready.change(1, self._clock.now)
        self.on_idle(replica)

    def _retire_old(self) -> None:
        awake = self._ready_in(self._deployment())
        if self.setting is not None and awake + self.asleep == self.setting.replicas:
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
        if replica.state is not State.PENDING:
            self.cores.change(-replica.cores, self._clock.now)
        replica.state = State.GONE
        self.replicas.remove(replica)

    def _lose_batch(self, replica: Replica) -> list[Request]:
        batch, replica.batch = replica.batch, []
        if batch:
            replica.service += 1
            self._stop_work(replica)
        return batch

    def _stop_work(self, replica: Replica) -> None:
        self.busy.change(-1, self._clock.now)
        self.busy_cores.change(-replica.cores, self._clock.now)


def _dispensability(replica: Replica) -> tuple[int, bool, int]:
    """Sort key of who goes first: not yet ready before ready, idle before busy, the youngest first."""
    return replica.state, replica.is_busy, -replica.index
