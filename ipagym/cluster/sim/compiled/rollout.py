"""A new configuration, taken up by the stages; as in `ipagym.cluster.sim.reference.rollout`."""

from ipagym.cluster.sim.compiled import stage
from ipagym.cluster.sim.compiled.access import combinations_of, models_of, stages_of
from ipagym.cluster.sim.compiled.jit import kernel
from ipagym.cluster.sim.compiled.layout import Array, Record
from ipagym.cluster.sim.compiled.placement import use_room


@kernel
def start(rules: Record, sim: Record, targets: Array) -> None:
    """Have the configuration's replicas ready now; `targets` is of shape (S, stations per stage)."""
    _set_accuracy(rules, sim, targets)
    for index in range(len(stages_of(sim))):
        stage.start(rules, sim, index, targets[index])


@kernel
def follow(rules: Record, sim: Record, targets: Array) -> None:
    """Start moving to a configuration; what an earlier one left unfinished is superseded."""
    _set_accuracy(rules, sim, targets)
    for index in range(len(stages_of(sim))):
        stage.follow(rules, sim, index, targets[index])
    use_room(rules, sim)
    for index in range(len(stages_of(sim))):
        stage.dispatch_stage(rules, sim, index)


@kernel
def _set_accuracy(rules: Record, sim: Record, targets: Array) -> None:
    """PAS of the configuration: a stage counts with the mean of its deployments by weight."""
    if len(combinations_of(rules)):
        sim.configured_accuracy = _expected_accuracy(rules, targets)
        return
    accuracy = 1.0
    for index in range(len(stages_of(sim))):
        total = weights = 0.0
        for i in range(rules.stations_per_stage):
            target = targets[index, i]
            if target.model >= 0:
                total += target.weight * models_of(rules)[target.model].accuracy
                weights += target.weight
        accuracy *= total / weights
    sim.configured_accuracy = accuracy


@kernel
def _expected_accuracy(rules: Record, targets: Array) -> float:
    """The mean over combinations of variants, each by its share of the requests."""
    expected = 0.0
    for number in range(len(combinations_of(rules))):
        share = 1.0
        for index in range(len(targets)):
            share *= _share(rules, targets[index], number)
        expected += share * combinations_of(rules)[number]
    return expected


@kernel
def _share(rules: Record, targets: Array, number: int) -> float:
    """The share of a stage's requests that its variant of combination `number` gets."""
    own = weights = 0.0
    for i in range(len(targets)):
        if targets[i].model >= 0:
            model = models_of(rules)[targets[i].model]
            weights += targets[i].weight
            if number // model.stride % model.choices * model.stride == model.combination:
                own += targets[i].weight
    return own / weights
