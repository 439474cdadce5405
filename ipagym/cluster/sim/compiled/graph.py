"""The way of requests through the graph of stages; as in `ipagym.cluster.sim.reference.graph`."""

from ipagym.cluster.sim.compiled.access import (
    batches_of,
    combinations_of,
    log_stages_of,
    models_of,
    needs_of,
    next_from_of,
    next_of,
    places_of,
    replicas_of,
    requests_of,
    stages_of,
)
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import IN_SYSTEM, Record
from ipagym.cluster.sim.compiled.lifecycle import finished_batch
from ipagym.cluster.sim.compiled.outcome import answer, forget
from ipagym.cluster.sim.compiled.placement import use_room
from ipagym.cluster.sim.compiled.stage import accept, dispatch, dispatch_stage


@kernel
def enter(rules: Record, sim: Record, index: int) -> None:
    """A request goes to every stage that needs no other."""
    for stage in range(len(stages_of(sim))):
        if needs_of(rules)[stage] == 0 and requests_of(sim)[index].outcome == IN_SYSTEM:
            dispatch(rules, sim, accept(rules, sim, stage, index))


@kernel
def complete(rules: Record, sim: Record, station: int, slot: int) -> None:
    """A replica has finished its batch: all of it goes on before any of it is served again."""
    replica = replicas_of(sim)[station, slot]
    model = models_of(rules)[replica.model]
    stage = station // rules.stations_per_stage
    size = replica.size
    replica.size = 0
    if finished_batch(rules, sim, station, slot):
        use_room(rules, sim)
    for i in range(size):
        index = batches_of(sim)[station, slot, i]
        request = requests_of(sim)[index]
        request.serving -= 1
        if request.outcome == IN_SYSTEM:
            request.accuracy *= model.accuracy
            request.combination += model.combination
            if rules.keep:
                log_stages_of(sim)[request.index, stage].finished_s = sim.now_s
            _forward(rules, sim, stage, index)
        else:
            forget(sim, index)
    for i in range(next_from_of(rules)[stage], next_from_of(rules)[stage + 1]):
        dispatch_stage(rules, sim, next_of(rules)[i])
    dispatch(rules, sim, station)


@kernel
def _forward(rules: Record, sim: Record, stage: int, index: int) -> None:
    """The request goes to the stages that were waiting for it to be served by `stage`."""
    first, last = next_from_of(rules)[stage], next_from_of(rules)[stage + 1]
    for i in range(first, last):
        following = next_of(rules)[i]
        place = places_of(sim)[index, following]
        place.missing -= 1
        if place.missing == 0 and requests_of(sim)[index].outcome == IN_SYSTEM:
            accept(rules, sim, following, index)
    if first == last:
        request = requests_of(sim)[index]
        request.unanswered -= 1
        if request.unanswered == 0:
            if len(combinations_of(rules)):
                request.accuracy = combinations_of(rules)[request.combination]
            answer(rules, sim, index)
