"""Placement of the replicas of a configuration on the nodes, and refusal of configurations that do not fit."""

from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Limits, StageSetting, cores_of
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.system.errors import InputError


def placed(configuration: Configuration, pipeline: Pipeline, limits: Limits) -> tuple[int, ...]:
    """The number of replicas of each stage that fit when all are placed first-fit, stage by stage, as at time 0."""
    if limits.node_cores is None:
        return tuple(sum(each.replicas for each in setting.deployments) for setting in configuration.stages)
    free = list(limits.node_cores)
    return tuple(map(lambda setting, stage: _place(setting, stage, free), configuration.stages, pipeline.stages))


def check_placed(configuration: Configuration, pipeline: Pipeline, limits: Limits) -> None:
    """Refuse a configuration in which no replica of some stage fits on any node.

    Raises:
        InputError: naming the stage, the cores of its smallest replica, and the nodes.
    """
    number = placed(configuration, pipeline, limits)
    for setting, stage, replicas in zip(configuration.stages, pipeline.stages, number, strict=True):
        if not replicas:
            cores = min(cores_of(each, stage) for each in setting.deployments)
            raise InputError(
                f"stage {stage.name} starts without a replica: one of {setting.first.variant} takes "
                f"{_in_words(cores)}, {_room(cores, limits)}: give more node_cores, or another initial"
            )


def check_node(stage: Stage, cores: int, limits: Limits) -> None:
    """Refuse replicas with more cores than the largest node.

    Raises:
        InputError: naming the stage, the cores and the largest node.
    """
    if limits.node_cores is not None and cores > max(limits.node_cores):
        raise InputError(f"a replica of stage {stage.name} takes {_in_words(cores)}, {_room(cores, limits)}")


def fitted(configuration: Configuration, pipeline: Pipeline, limits: Limits) -> Configuration:
    """The configuration, reduced to `max_cores` and to the largest number of replicas per stage with which every stage
    fits; if none fits, to one replica per stage.
    """
    asked = affordable(configuration, pipeline, limits)
    fewest, most = 1, max(each.replicas for each in asked.first_deployments)
    while fewest < most:
        middle = (fewest + most + 1) // 2
        if 0 in placed(_at_most(middle, asked), pipeline, limits):
            most = middle - 1
        else:
            fewest = middle
    return _at_most(fewest, asked)


def _at_most(replicas: int, configuration: Configuration) -> Configuration:
    return Configuration(tuple(s.turned(replicas=min(s.first.replicas, replicas)) for s in configuration.stages))


def _place(setting: StageSetting, stage: Stage, free: list[int]) -> int:
    """The number of replicas that fit; their cores are taken from `free`."""
    number = 0
    for each in setting.deployments:
        cores, left = cores_of(each, stage), each.replicas
        for node, room in enumerate(free):
            taken = min(left, room // cores)
            free[node] -= taken * cores
            left -= taken
        number += each.replicas - left
    return number


def _in_words(cores: int) -> str:
    return "1 core" if cores == 1 else f"{cores} cores"


def _room(cores: int, limits: Limits) -> str:
    largest = max(limits.node_cores or (0,))
    nodes = f"the largest node has {largest}"
    return nodes if cores > largest else f"and no node has so much left beside the other stages ({nodes})"
