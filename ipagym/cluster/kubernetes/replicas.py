"""The pods behind the replicas of a cluster."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace as changed
from functools import partial
from itertools import count
from typing import Any

from ipagym.cluster.kubernetes.access import Access, refusing
from ipagym.cluster.kubernetes.applying import Aim, Applying
from ipagym.cluster.kubernetes.bell import Bell
from ipagym.cluster.kubernetes.connection import Connection
from ipagym.cluster.kubernetes.demand import Tenant, wanted_pools
from ipagym.cluster.kubernetes.lines import Connecting, Line
from ipagym.cluster.kubernetes.manifests import Pool, Wanted, resources
from ipagym.cluster.kubernetes.pods import Pod
from ipagym.cluster.kubernetes.watching import Watching
from ipagym.cluster.live.children.framing import Message
from ipagym.cluster.live.dispatcher import Dispatcher
from ipagym.cluster.sim.reference.replica import Replica
from ipagym.system.errors import IpagymError

END_S = 60.0
"""Seconds that pods may take to end."""


class PodReplicas:
    """Has a pod for each replica, and sends it batches; all in the dispatcher's thread but for `end_all`.

    Which pod a replica is served by is decided here: any of its pool that is ready. So it does not matter which pods
    Kubernetes removes when there are to be fewer, or a node is drained: a pod that leaves serves until a spare one
    takes its place, or its grace period ends.
    """

    pids: tuple[int, ...] = ()

    def __init__(self, access: Access, pipeline: str, image: str, dispatcher: Dispatcher) -> None:
        self.is_in_place = access.has_resize
        self._pipeline = pipeline
        self._host, self._namespace = access.client.configuration.host, access.namespace
        self._dispatcher = dispatcher
        self._tenants: dict[Replica, Tenant] = {}
        self._numbers = count()
        self._wanted: dict[Pool, Wanted] = {}
        self._lines: dict[str, Line] = {}
        self._serving: dict[Replica, Line] = {}
        self._reached: set[str] = set()
        self._bell = Bell(dispatcher, self._look)
        self._watching = Watching(access, pipeline, self._bell.ring)
        self._applying = Applying(access, pipeline, image, self._bell.ring)
        self._connecting = Connecting(lambda name: name in self._watching.pods, self._bell.ring)
        self._watching.begin()
        self._applying.begin()

    @property
    def hindrance(self) -> str:
        """What keeps pods from becoming ready, in the words of the cluster."""
        waits = (f"{pod.name}: {pod.waits_for}" for pod in self._watching.pods.values() if pod.waits_for)
        return self._applying.hindrance or next(waits, "pods are not ready yet")

    def start(
        self,
        replica: Replica,
        told: Mapping[str, Any],
        *,
        on_ready: Callable[[], None],
        on_answers: Callable[[Message], None],
        on_end: Callable[[], None],
    ) -> None:
        """Have the replica served by a pod."""
        known = self._tenants.get(replica)
        self._tenants[replica] = Tenant(
            number=next(self._numbers) if known is None else known.number,
            pool=Pool(self._pipeline, told["stage"], replica.variant.name),
            model=told["model"],
            on_ready=on_ready,
            on_answers=on_answers,
            on_end=on_end,
        )
        self._bell.ring()

    def serve(self, replica: Replica, items: Sequence[bytes]) -> None:
        """Send the replica's pod the batch of its service number."""
        line = self._serving[replica]
        line.asked = (replica, replica.service)
        try:
            line.connection.ask(items, replica.cores)
        except OSError:  # it has just ended: the end of its stream is yet to be read, and the batch goes back then
            return

    def stop(self, replica: Replica) -> None:
        """The replica needs no pod any more; the one that it had is spare."""
        if self._tenants.pop(replica, None) is not None:
            self._free(replica)
            self._bell.ring()

    def end_all(self) -> None:
        """Delete everything in the namespace, and wait for that; the dispatcher has ended before.

        Raises:
            IpagymError: something is left.
        """
        self._applying.end()
        self._connecting.end()
        for line in self._lines.values():
            line.connection.close()
        try:
            if self._applying.lease.is_held:  # otherwise what is there is another controller's
                self._delete()
        finally:
            self._watching.end()

    def _delete(self) -> None:
        with refusing(self._host, self._namespace):
            self._applying.delete_all()
            if not self._watching.wait_for_none(END_S):
                raise IpagymError(f"pods of {self._pipeline} have not ended within {END_S:g} s: kubectl get pods")
            self._applying.lease.release()

    def _look(self) -> None:
        """Bring together what there is and what is wanted."""
        error = self._applying.error or self._watching.error
        if error is not None:
            raise error
        if self._applying.lease.is_held:  # otherwise the pods are another controller's
            self._use(self._watching.pods)
        self._aim()

    def _use(self, pods: Mapping[str, Pod]) -> None:
        """Serve with the pods that there are."""
        self._take_connections(pods)
        self._look_at(pods)
        self._move_off_leaving()
        self._seat()
        self._hang_up()

    def _take_connections(self, pods: Mapping[str, Pod]) -> None:
        for pod, made in self._connecting.made():
            if isinstance(made, Connection):
                self._reached.add(pod.name)
                self._lines[pod.name] = line = Line(pods.get(pod.name, pod), made)
                self._dispatcher.watch(made.stream, partial(self._receive, line))
            elif not isinstance(made, IpagymError):
                raise made
            elif pod.name in pods and pod.name not in self._reached:
                raise IpagymError(f"pod {pod.name} is ready, but {made}: run ipagym in the network of the cluster")

    def _look_at(self, pods: Mapping[str, Pod]) -> None:
        """Connect to ready pods; a pod that cannot start is an error."""
        models = {pool.name: pool.variant for pool in self._wanted}
        for name, pod in pods.items():
            if pod.trouble and name not in self._reached and not pod.is_leaving:
                raise IpagymError(f"a replica of {models.get(pod.pool, pod.pool)} cannot be started: {pod.trouble}")
            if name in self._lines:
                self._lines[name].pod = pod
            elif pod.is_ready and not pod.is_leaving and pod.pool in models:
                self._connecting.connect(pod, models[pod.pool])
        for name, line in list(self._lines.items()):
            if name not in pods:
                line.pod = changed(line.pod, is_leaving=True)

    def _move_off_leaving(self) -> None:
        """Replicas whose pods leave are served by spare ones, where there are any."""
        for replica, line in list(self._serving.items()):
            spare = self._spare_for(replica) if line.pod.is_leaving else None
            if spare is not None:
                self._free(replica)
                self._give(replica, spare)

    def _seat(self) -> None:
        """Replicas without a pod get those that are free."""
        for replica, tenant in list(self._tenants.items()):
            if replica in self._serving or replica not in self._tenants:
                continue  # one that has become ready may have made others superfluous
            spare = self._spare_for(replica)
            if spare is not None:
                self._give(replica, spare)
                tenant.on_ready()

    def _spare_for(self, replica: Replica) -> Line | None:
        pool = self._tenants[replica].pool.name
        for line in self._lines.values():
            is_free = line.replica is None and line.asked is None and not line.pod.is_leaving
            if is_free and line.pod.pool == pool and (self.is_in_place or line.pod.cores == replica.cores):
                return line
        return None

    def _give(self, replica: Replica, line: Line) -> None:
        line.replica = replica
        self._serving[replica] = line

    def _free(self, replica: Replica) -> None:
        line = self._serving.pop(replica, None)
        if line is not None:
            line.replica = None

    def _hang_up(self) -> None:
        """Let pods go that leave and have nothing to do."""
        for line in list(self._lines.values()):
            if line.pod.is_leaving and line.replica is None and line.asked is None:
                self._forget(line)

    def _aim(self) -> None:
        """Say what is wanted."""
        tenants = [(tenant, replica.cores) for replica, tenant in self._tenants.items()]
        self._wanted = dict(wanted_pools(tenants, self._wanted, in_place=self.is_in_place))
        spare = {name: line.pod.pool for name, line in self._lines.items() if line.replica is None}
        self._applying.want(Aim(pools=self._wanted, spare=spare, cores=self._other_cores()))

    def _other_cores(self) -> dict[str, tuple[Pool, int]]:
        """The pods that are to get other cores, where they can."""
        found = {}
        for replica, line in self._serving.items() if self.is_in_place else ():
            tenant = self._tenants[replica]
            if line.pod.cpu != resources(tenant.model, replica.cores)["requests"]["cpu"]:
                found[line.pod.name] = (tenant.pool, replica.cores)
        return found

    def _receive(self, line: Line) -> None:
        try:
            answers = line.connection.take()
        except OSError:
            self._lost(line)
            return
        if answers is None or line.asked is None:
            return
        (replica, service), line.asked = line.asked, None
        tenant = self._tenants.get(replica)
        if tenant is not None:
            tenant.on_answers(Message(service, 0.0, answers))
        if line.pod.is_leaving or line.replica is None:
            self._bell.ring()

    def _lost(self, line: Line) -> None:
        """A server has ended, or does not answer as it should."""
        self._forget(line)
        replica = line.replica or (line.asked and line.asked[0])
        if replica is not None and replica in self._tenants:
            self._free(replica)
            self._tenants[replica].on_end()
        self._bell.ring()

    def _forget(self, line: Line) -> None:
        self._dispatcher.forget(line.connection.stream)
        line.connection.close()
        del self._lines[line.pod.name]
