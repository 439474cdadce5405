"""One stage: the stations of its deployments, and how requests and settings are shared out among them."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock
from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.reference.station import Station
from ipagym.cluster.sim.request import Request
from ipagym.model.configuration import StageSetting
from ipagym.model.pipeline import Stage
from ipagym.model.window import StageWindow


class StageServer:
    """Routes requests to its stations by smooth weighted round robin, and assigns deployments to stations.

    Eligible are open stations with a ready replica or one that sleeps. Where there is none, closed ones with a ready
    replica are, unless an open one waits for room on the nodes; at last all open ones.
    """

    def __init__(self, stage: Stage, stations: list[Station], clock: Clock) -> None:
        self.stage = stage
        self.stations = stations
        self.arrivals = 0
        self.dropped = 0
        self.on_room: Callable[[], None] = lambda: None
        for station in stations:
            station.dispatched = self._close_emptied

    def start(self, setting: StageSetting) -> None:
        """Have the setting's replicas ready now."""
        for station, deployment in zip(self.stations, setting.deployments, strict=False):
            station.closed = False
            station.fleet.start(deployment)

    def follow(self, setting: StageSetting) -> None:
        """Move towards a new setting: a variant keeps its station, a new one takes over that of one that goes."""
        assigned = self._assign(setting)
        for index, station in enumerate(self.stations):
            station.credit = 0.0
            station.closed = index not in assigned
        for index in sorted(assigned):
            self.stations[index].fleet.follow(assigned[index])

    def accept(self, request: Request) -> Station:
        """A request arrives at the stage; returns the station that it was routed to, which was not dispatched yet."""
        self.arrivals += 1
        station = self._route()
        station.accept(request)
        return station

    def dispatch(self) -> None:
        """Start what can be started in every station."""
        for station in self.stations:
            station.start_batches()
        self._close_emptied()

    def window(self, end_s: float) -> StageWindow:
        """The stage's figures since the last window; its counters start anew."""
        ready_s = busy_s = 0.0
        for station in self.stations:
            ready_s += station.fleet.ready.read(end_s)
            busy_s += station.fleet.busy.read(end_s)
        window = StageWindow(
            queue=sum(len(station.queue) for station in self.stations),
            arrivals=self.arrivals,
            dropped=self.dropped,
            utilisation=min(1.0, busy_s / ready_s) if ready_s > 0 else 0.0,
            ready=self._count(State.READY),
            starting=self._count(State.STARTING),
            pending=self._count(State.PENDING),
            draining=self._count(State.DRAINING),
            asleep=sum(station.fleet.asleep for station in self.stations),
            resizing=sum(len(station.fleet.mismatched()) for station in self.stations if not station.closed),
        )
        self.arrivals, self.dropped = 0, 0
        return window

    def _count(self, state: State) -> int:
        return sum(station.fleet.count(state) for station in self.stations)

    def _assign(self, setting: StageSetting) -> dict[int, StageSetting]:
        wanted = {deployment.variant: deployment for deployment in setting.deployments}
        assigned = {
            index: wanted.pop(station.setting.variant)
            for index, station in enumerate(self.stations)
            if station.fleet.setting is not None and station.setting.variant in wanted
        }
        others = sorted(set(range(len(self.stations))) - set(assigned), key=lambda index: self.stations[index].closed)
        return assigned | dict(zip(others, wanted.values(), strict=False))

    def _route(self) -> Station:
        stations = self._eligible()
        if len(stations) == 1:
            return stations[0]
        total = 0.0
        for station in stations:
            station.credit += station.setting.weight
            total += station.setting.weight
        chosen = max(stations, key=lambda station: station.credit)
        chosen.credit -= total
        return chosen

    def _eligible(self) -> list[Station]:
        opened = [station for station in self.stations if not station.closed]
        serving = [station for station in opened if station.fleet.asleep or station.fleet.count(State.READY)]
        if serving:
            return serving
        if not any(station.fleet.count(State.PENDING) for station in opened):
            serving = [station for station in self.stations if station.fleet.count(State.READY)]
        return serving or opened

    def _close_emptied(self) -> None:
        """Let closed stations without requests go once an open one serves, or waits for the room they hold."""
        emptied = [
            station for station in self.stations if station.closed and station.fleet.replicas and not len(station.queue)
        ]
        opened = [station for station in self.stations if not station.closed]
        if emptied and any(_serves_or_waits(station.fleet) for station in opened):
            for station in emptied:
                station.fleet.retire_all()
            self.on_room()


def _serves_or_waits(fleet: Fleet) -> bool:
    return bool(fleet.asleep or fleet.count(State.READY) or fleet.count(State.PENDING))
