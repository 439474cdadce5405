"""When idle replicas go to sleep."""

from ipagym.cluster.sim.reference.clock import Clock, Priority
from ipagym.cluster.sim.reference.replica import Replica, State
from ipagym.cluster.sim.reference.station import Station


class Sleep:
    """Puts replicas of an open station to sleep after `keep_alive_s` idle while nothing waits in its queue."""

    def __init__(self, station: Station, clock: Clock, keep_alive_s: float) -> None:
        self._station = station
        self._clock = clock
        self._keep_alive_s = keep_alive_s
        station.fleet.on_idle = lambda replica: self._watch(replica, replica.idle_since_s)

    def _watch(self, replica: Replica, since_s: float) -> None:
        """Look at the replica when it has been idle for long enough; one look is planned at a time."""
        if not replica.is_watched:
            replica.is_watched = True
            start, due_s = replica.start, max(self._clock.now, since_s + self._keep_alive_s)
            self._clock.at(due_s, Priority.TIMER, lambda: self._look(replica, start))

    def _look(self, replica: Replica, start: int) -> None:
        if replica.state is not State.READY or replica.start != start:
            return
        replica.is_watched = False
        if replica.is_busy or self._station.closed or self._station.fleet.is_old(replica):
            return
        if self._clock.now < replica.idle_since_s + self._keep_alive_s:
            self._watch(replica, replica.idle_since_s)
        elif len(self._station.queue):
            self._watch(replica, self._clock.now)
        else:
            self._station.fleet.sleep(replica)
