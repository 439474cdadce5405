"""A new configuration, taken up by the stages; as in `ipagym.cluster.sim.reference.rollout`."""

from ipagym.cluster.sim.compiled import stage
from ipagym.cluster.sim.compiled.access import models_of, stages_of
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
