"""The deployment that a station is asked for; as in `ipagym.cluster.sim.reference.target`."""

from ipagym.cluster.sim.compiled.access import models_of, replicas_of, stations_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import READY, STARTING, Record


@kernel
def aim_at(sim: Record, index: int, target: Record) -> None:
    """From now on this is asked for."""
    station = stations_of(sim)[index]
    station.used, station.closed = 1, 0
    station.model, station.replicas, station.batch, station.weight = (
        target.model,
        target.replicas,
        target.batch,
        target.weight,
    )


@kernel
def is_old(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """Not of the deployment asked for."""
    model, wanted = replicas_of(sim)[station, slot].model, stations_of(sim)[station].model
    if rules.in_place:
        return models_of(rules)[model].variant != models_of(rules)[wanted].variant
    return bool(model != wanted)


@kernel
def is_mismatched(rules: Record, sim: Record, station: int, slot: int) -> bool:
    """A placed replica of the deployment that does not have the cores asked for."""
    replica = replicas_of(sim)[station, slot]
    placed = replica.state in (STARTING, READY)
    return placed and not is_old(rules, sim, station, slot) and replica.model != stations_of(sim)[station].model
