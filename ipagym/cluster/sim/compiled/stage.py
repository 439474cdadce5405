"""One stage: requests and settings shared out among its stations; as in `ipagym.cluster.sim.reference.stage`."""

from ipagym.cluster.sim.compiled import fleet
from ipagym.cluster.sim.compiled.access import models_of, stages_of, stations_of
from ipagym.cluster.sim.compiled.fleet import count
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import PENDING, READY, Array, Record
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.routing import route
from ipagym.cluster.sim.compiled.slots import next_slot
from ipagym.cluster.sim.compiled.station import enqueue, start_batches
from ipagym.cluster.sim.compiled.target import aim_at


@kernel
def start(rules: Record, sim: Record, stage: int, targets: Array) -> None:
    """Have the replicas asked for ready now; `targets` has one entry for each station of the stage."""
    for i in range(rules.stations_per_stage):
        if targets[i].model >= 0:
            station = stage * rules.stations_per_stage + i
            aim_at(sim, station, targets[i])
            fleet.start(rules, sim, station)


@kernel
def follow(rules: Record, sim: Record, stage: int, targets: Array) -> None:
    """Move towards a new setting, whose deployments are assigned to the stations."""
    width = rules.stations_per_stage
    stations = stations_of(sim)[stage * width : (stage + 1) * width]
    _assign(rules, stations, targets)
    for station in range(width):
        stations[station].credit = 0.0
        stations[station].closed = stations[station].asked < 0
    for station in range(width):
        if not stations[station].closed:
            aim_at(sim, stage * width + station, targets[stations[station].asked])
            fleet.follow(rules, sim, stage * width + station)


@kernel
def accept(rules: Record, sim: Record, stage: int, index: int) -> int:
    """A request arrives at the stage; returns the station that it was routed to, which was not dispatched yet."""
    stages_of(sim)[stage].arrivals += 1
    station = stage if rules.stations_per_stage == 1 else route(rules, sim, stage)
    enqueue(rules, sim, station, index)
    return station


@kernel
def dispatch(rules: Record, sim: Record, station: int) -> None:
    """Start what can be started in the station, and close what has nothing more to do in its stage."""
    start_batches(rules, sim, station)
    if rules.stations_per_stage > 1:
        _close_emptied(rules, sim, station // rules.stations_per_stage)


@kernel
def dispatch_stage(rules: Record, sim: Record, stage: int) -> None:
    """Start what can be started in every station of the stage."""
    for station in range(stage * rules.stations_per_stage, (stage + 1) * rules.stations_per_stage):
        start_batches(rules, sim, station)
    if rules.stations_per_stage > 1:
        _close_emptied(rules, sim, stage)


@kernel
def _close_emptied(rules: Record, sim: Record, stage: int) -> None:
    """Let closed stations without requests go once an open one serves, or waits for the room they hold."""
    width = rules.stations_per_stage
    emptied = served = False
    for station in range(stage * width, (stage + 1) * width):
        if stations_of(sim)[station].closed:
            emptied |= _is_emptied(sim, station)
        else:
            served |= (
                stations_of(sim)[station].asleep > 0
                or count(sim, station, READY) > 0
                or count(sim, station, PENDING) > 0
            )
    if not (emptied and served):
        return
    for station in range(stage * width, (stage + 1) * width):
        if stations_of(sim)[station].closed and _is_emptied(sim, station):
            fleet.retire_all(rules, sim, station)
    use_room(rules, sim)


@kernel
def _is_emptied(sim: Record, station: int) -> bool:
    return stations_of(sim)[station].queued == 0 and next_slot(sim, station, -1) >= 0


@kernel
def _assign(rules: Record, stations: Array, targets: Array) -> None:
    """A variant keeps its station, a new one takes over that of one that goes: open ones before closed ones."""
    width = len(stations)
    for station in range(width):
        stations[station].asked = -1
        for i in range(width):
            if (
                targets[i].model >= 0
                and stations[station].used
                and _same_variant(rules, stations[station].model, targets[i].model)
            ):
                stations[station].asked = i
    for i in range(width):
        if targets[i].model >= 0 and not _is_assigned(stations, i):
            stations[_vacant(stations)].asked = i


@kernel
def _is_assigned(stations: Array, target: int) -> bool:
    number = 0
    for station in range(len(stations)):
        number += stations[station].asked == target
    return number > 0


@kernel
def _vacant(stations: Array) -> int:
    best = -1
    for station in range(len(stations)):
        if stations[station].asked < 0 and (best < 0 or stations[station].closed < stations[best].closed):
            best = station
    return best


@kernel
def _same_variant(rules: Record, model: int, other: int) -> bool:
    return bool(models_of(rules)[model].variant == models_of(rules)[other].variant)
