"""One stage: requests and settings shared out among the stations of its deployments."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.reference.routing import route
from ipagym.cluster.sim.reference.station import Station
from ipagym.cluster.sim.request import Request
from ipagym.model.configuration import Deployment, StageSetting


class StageServer:
    """Routes requests to its stations, and assigns deployments to them.

    `use_room` is called when replicas have left room on the nodes.
    """

    def __init__(self, stations: list[Station], use_room: Callable[[], None]) -> None:
        self.stations = stations
        self.arrivals = 0
        self.dropped = 0
        self._use_room = use_room
        for station in stations:
            self._connect(station)

    def start(self, setting: StageSetting) -> None:
        """Have the setting's replicas ready now."""
        for station, deployment in zip(self.stations, setting.deployments, strict=False):
            station.closed = False
            station.fleet.start(deployment)

    def follow(self, setting: StageSetting) -> None:
        """Move towards a new setting, whose deployments are assigned to the stations."""
        assigned = self._assign(setting)
        for index, station in enumerate(self.stations):
            station.credit = 0.0
            station.closed = index not in assigned
        for index in sorted(assigned):
            self.stations[index].fleet.follow(assigned[index])

    def accept(self, request: Request) -> Station:
        """A request arrives at the stage; returns the station that it was routed to, which was not dispatched yet."""
        self.arrivals += 1
        station = route(self.stations)
        station.enqueue(request)
        return station

    def dispatch(self, station: Station) -> None:
        """Start what can be started in the station, and close what has nothing more to do in its stage."""
        station.start_batches()
        self._close_emptied()

    def dispatch_stage(self) -> None:
        """Start what can be started in every station of the stage."""
        for station in self.stations:
            station.start_batches()
        self._close_emptied()

    def _connect(self, station: Station) -> None:
        station.use_room = station.fleet.resizing.on_resized = self._use_room
        station.on_due = lambda: self.dispatch(station)
        station.fleet.on_ready = lambda: self._serve_with_more(station)

    def _serve_with_more(self, station: Station) -> None:
        self.dispatch(station)
        self._use_room()

    def _assign(self, setting: StageSetting) -> dict[int, Deployment]:
        """A variant keeps its station, a new one takes over that of one that goes: open ones before closed ones."""
        wanted = {deployment.variant: deployment for deployment in setting.deployments}
        assigned = {
            index: wanted.pop(station.setting.variant)
            for index, station in enumerate(self.stations)
            if station.fleet.target.setting is not None and station.setting.variant in wanted
        }
        others = sorted(set(range(len(self.stations))) - set(assigned), key=lambda index: self.stations[index].closed)
        return assigned | dict(zip(others, wanted.values(), strict=False))

    def _close_emptied(self) -> None:
        """Let closed stations without requests go once an open one serves, or waits for the room they hold."""
        emptied = [
            station for station in self.stations if station.closed and station.fleet.replicas and not len(station.queue)
        ]
        opened = [station for station in self.stations if not station.closed]
        if emptied and any(_serves_or_waits(station.fleet) for station in opened):
            for station in emptied:
                station.fleet.retire_all()
            self._use_room()


def _serves_or_waits(fleet: Fleet) -> bool:
    return bool(fleet.asleep or fleet.count(State.READY) or fleet.count(State.PENDING))
