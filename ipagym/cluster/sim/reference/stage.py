"""One stage: the lanes of its deployments, and how requests and settings are shared out among them."""

from collections.abc import Callable

from ipagym.cluster.sim.reference.clock import Clock
from ipagym.cluster.sim.reference.fleet import Fleet
from ipagym.cluster.sim.reference.replica import State
from ipagym.cluster.sim.reference.station import Lane
from ipagym.cluster.sim.request import Request
from ipagym.model.configuration import StageSetting
from ipagym.model.pipeline import Stage
from ipagym.model.window import StageWindow


class StageServer:
    """Routes requests to its lanes by smooth weighted round robin, and assigns deployments to lanes.

    Eligible are open lanes with a ready replica or one that sleeps. Where there is none, closed ones with a ready
    replica are, unless an open one waits for room on the nodes; at last all open ones.
    """

    def __init__(self, stage: Stage, lanes: list[Lane], clock: Clock) -> None:
        self.stage = stage
        self.lanes = lanes
        self.arrivals = 0
        self.dropped = 0
        self.on_room: Callable[[], None] = lambda: None
        for lane in lanes:
            lane.dispatched = self._close_emptied

    def start(self, setting: StageSetting) -> None:
        """Have the setting's replicas ready now."""
        for lane, deployment in zip(self.lanes, setting.deployments, strict=False):
            lane.closed = False
            lane.fleet.start(deployment)

    def follow(self, setting: StageSetting) -> None:
        """Move towards a new setting: a variant keeps its lane, a new one takes over that of one that goes."""
        assigned = self._assign(setting)
        for index, lane in enumerate(self.lanes):
            lane.credit = 0.0
            lane.closed = index not in assigned
        for index in sorted(assigned):
            self.lanes[index].fleet.follow(assigned[index])

    def accept(self, request: Request) -> Lane:
        """A request arrives at the stage; returns the lane that it was routed to, which was not dispatched yet."""
        self.arrivals += 1
        lane = self._route()
        lane.accept(request)
        return lane

    def dispatch(self) -> None:
        """Start what can be started in every lane."""
        for lane in self.lanes:
            lane.start_batches()
        self._close_emptied()

    def window(self, end_s: float) -> StageWindow:
        """The stage's figures since the last window; its counters start anew."""
        ready_s = busy_s = 0.0
        for lane in self.lanes:
            ready_s += lane.fleet.ready.read(end_s)
            busy_s += lane.fleet.busy.read(end_s)
        window = StageWindow(
            queue=sum(len(lane.queue) for lane in self.lanes),
            arrivals=self.arrivals,
            dropped=self.dropped,
            utilisation=min(1.0, busy_s / ready_s) if ready_s > 0 else 0.0,
            ready=self._count(State.READY),
            starting=self._count(State.STARTING),
            pending=self._count(State.PENDING),
            draining=self._count(State.DRAINING),
            asleep=sum(lane.fleet.asleep for lane in self.lanes),
            resizing=sum(len(lane.fleet.mismatched()) for lane in self.lanes if not lane.closed),
        )
        self.arrivals, self.dropped = 0, 0
        return window

    def _count(self, state: State) -> int:
        return sum(lane.fleet.count(state) for lane in self.lanes)

    def _assign(self, setting: StageSetting) -> dict[int, StageSetting]:
        wanted = {deployment.variant: deployment for deployment in setting.deployments}
        assigned = {
            index: wanted.pop(lane.setting.variant)
            for index, lane in enumerate(self.lanes)
            if lane.fleet.setting is not None and lane.setting.variant in wanted
        }
        others = sorted(set(range(len(self.lanes))) - set(assigned), key=lambda index: self.lanes[index].closed)
        return assigned | dict(zip(others, wanted.values(), strict=False))

    def _route(self) -> Lane:
        lanes = self._eligible()
        if len(lanes) == 1:
            return lanes[0]
        total = 0.0
        for lane in lanes:
            lane.credit += lane.setting.weight
            total += lane.setting.weight
        chosen = max(lanes, key=lambda lane: lane.credit)
        chosen.credit -= total
        return chosen

    def _eligible(self) -> list[Lane]:
        opened = [lane for lane in self.lanes if not lane.closed]
        serving = [lane for lane in opened if lane.fleet.asleep or lane.fleet.count(State.READY)]
        if serving:
            return serving
        if not any(lane.fleet.count(State.PENDING) for lane in opened):
            serving = [lane for lane in self.lanes if lane.fleet.count(State.READY)]
        return serving or opened

    def _close_emptied(self) -> None:
        """Let closed lanes without requests go once an open one serves, or waits for the room they hold."""
        emptied = [lane for lane in self.lanes if lane.closed and lane.fleet.replicas and not len(lane.queue)]
        opened = [lane for lane in self.lanes if not lane.closed]
        if emptied and any(_serves_or_waits(lane.fleet) for lane in opened):
            for lane in emptied:
                lane.fleet.retire_all()
            self.on_room()


def _serves_or_waits(fleet: Fleet) -> bool:
    return bool(fleet.asleep or fleet.count(State.READY) or fleet.count(State.PENDING))
