"""A new configuration, shared out among the stations; as in `ipagym.cluster.sim.reference.stage` and `simulator`."""

from ipagym.cluster.sim.compiled.access import models_of, nodes_of, stages_of, stations_of
from ipagym.cluster.sim.compiled.events import schedule
from ipagym.cluster.sim.compiled.fleet import follow, start
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import CRASH, NODE_LOSS, Array, Record
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.sampling import crash_gap_s, node_loss_gap_s
from ipagym.cluster.sim.compiled.stage import dispatch_stage


@kernel
def begin(rules: Record, sim: Record, targets: Array) -> None:
    """Have the configuration's replicas ready now; `asks` is of shape (S, stations per stage)."""
    _set_accuracy(rules, sim, targets)
    for stage in range(len(stages_of(sim))):
        for i in range(rules.stations_per_stage):
            if targets[stage, i].model >= 0:
                station = stage * rules.stations_per_stage + i
                _aim(sim, station, targets[stage, i])
                start(rules, sim, station)
    if rules.crashes_per_hour > 0:
        for station in range(len(stations_of(sim))):
            schedule(sim, sim.now_s + crash_gap_s(rules, sim, station), CRASH, (station, 0, 0))
    if rules.node_losses_per_hour > 0:
        for node in range(len(nodes_of(sim))):
            schedule(sim, sim.now_s + node_loss_gap_s(rules, sim, node), NODE_LOSS, (0, node, 0))


@kernel
def decide(rules: Record, sim: Record, targets: Array) -> None:
    """Start moving to a configuration; what an earlier one left unfinished is superseded."""
    _set_accuracy(rules, sim, targets)
    for stage in range(len(stages_of(sim))):
        _assign(rules, sim, stage, targets[stage])
    use_room(rules, sim)
    for stage in range(len(stages_of(sim))):
        dispatch_stage(rules, sim, stage)


@kernel
def _assign(rules: Record, sim: Record, stage: int, targets: Array) -> None:
    """A variant keeps its station, a new one takes over that of one that goes: open ones before closed ones."""
    width = rules.stations_per_stage
    stations = stations_of(sim)[stage * width : (stage + 1) * width]
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
    for station in range(width):
        stations[station].credit = 0.0
        stations[station].closed = stations[station].asked < 0
    for station in range(width):
        if not stations[station].closed:
            _aim(sim, stage * width + station, targets[stations[station].asked])
            follow(rules, sim, stage * width + station)


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


@kernel
def _aim(sim: Record, index: int, target: Record) -> None:
    station = stations_of(sim)[index]
    station.used, station.closed = 1, 0
    station.model, station.replicas, station.batch, station.weight = (
        target.model,
        target.replicas,
        target.batch,
        target.weight,
    )


@kernel
def _set_accuracy(rules: Record, sim: Record, targets: Array) -> None:
    """PAS of the configuration: a stage counts with the mean of its deployments by weight."""
    accuracy = 1.0
    for stage in range(len(stages_of(sim))):
        total = weights = 0.0
        for i in range(rules.stations_per_stage):
            target = targets[stage, i]
            if target.model >= 0:
                total += target.weight * models_of(rules)[target.model].accuracy
                weights += target.weight
        accuracy *= total / weights
    sim.configured_accuracy = accuracy
