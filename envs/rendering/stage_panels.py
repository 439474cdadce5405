"""The panels of a stage: its knobs and their effects."""

import numpy as np

from ipagym.envs.rendering.episode import EpisodeSoFar
from ipagym.envs.rendering.panels import ORANGE, Panel, most_cores
from ipagym.envs.rendering.scales import Values, doubling, linear, logarithmic, root
from ipagym.model.pipeline import Stage
from ipagym.task.scenario import Scenario

MOST_QUEUED = 1000
GREY = "#999999"


def stage_panels(index: int, scenario: Scenario, colours: tuple[str, ...]) -> tuple[Panel, ...]:
    """Cores by variant (one of `colours` each), replicas, batch, queue and utilisation of a stage."""
    stage = scenario.pipeline.stages[index]
    return (
        _variants(index, scenario, colours),
        _replicas(index, scenario),
        _batch(index, stage),
        _queue(index, stage),
        _busy(index, stage),
    )


def _variants(index: int, scenario: Scenario, colours: tuple[str, ...]) -> Panel:
    stage = scenario.pipeline.stages[index]

    def by_variant(episode: EpisodeSoFar) -> Values:
        cores, variant = episode.cores_asked[:, index], episode.deployments["variant"][:, index]
        return np.stack([np.where(variant == v, cores, 0).sum(axis=1) for v in range(len(stage.variants))])

    return Panel(
        name=f"{stage.name}.variants",
        title=lambda episode: f"cores asked {by_variant(episode)[:, -1].sum():.0f}, by variant",
        scale=root(most_cores([stage], scenario.limits)),
        areas=by_variant,
        colours=colours,
    )


def _replicas(index: int, scenario: Scenario) -> Panel:
    stage, limits = scenario.pipeline.stages[index], scenario.limits

    def asked(episode: EpisodeSoFar) -> Values:
        deployments = episode.deployments[:, index]
        return np.asarray(np.where(deployments["variant"] >= 0, deployments["replicas"], 0).sum(axis=1))

    return Panel(
        name=f"{stage.name}.replicas",
        title=lambda episode: f"replicas {asked(episode)[-1]}, {episode.stages['ready'][-1, index]} ready",
        scale=root(limits.max_replicas * min(limits.max_deployments, len(stage.variants))),
        areas=lambda episode: episode.stages["ready"][np.newaxis, :, index],
        colours=(GREY,),
        line=asked,
    )


def _batch(index: int, stage: Stage) -> Panel:
    def batch(episode: EpisodeSoFar) -> Values:
        return np.asarray(episode.deployments["batch"][:, index, 0])

    return Panel(
        name=f"{stage.name}.batch",
        title=lambda episode: f"batch {batch(episode)[-1]}",
        scale=doubling(stage.batches),
        areas=lambda episode: batch(episode)[np.newaxis],
        colours=("#CC79A7",),
    )


def _queue(index: int, stage: Stage) -> Panel:
    return Panel(
        name=f"{stage.name}.queue",
        title=lambda episode: f"queue {episode.stages['queue'][-1, index]}",
        scale=logarithmic(MOST_QUEUED),
        areas=lambda episode: episode.stages["queue"][np.newaxis, :, index],
        colours=("#0072B2",),
    )


def _busy(index: int, stage: Stage) -> Panel:
    return Panel(
        name=f"{stage.name}.busy",
        title=lambda episode: f"busy {100 * episode.stages['utilisation'][-1, index]:.0f} %",
        scale=linear(100),
        areas=lambda episode: 100 * episode.stages["utilisation"][np.newaxis, :, index],
        colours=(ORANGE,),
    )
