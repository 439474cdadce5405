"""Fixed fleets for systems that do not scale, sized for the scenario's load in advance, as in their papers. The rule is
our choice: replicas that carry the peak with the largest batch that leaves half the SLO, within the limits of cores,
nodes and replicas. The system keeps that fleet.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ipagym.agents.common.by_stage import latency_of, slo_shares_s
from ipagym.agents.common.packing import has_room
from ipagym.agents.common.primitives import half_slo_batch, replicas_for, with_variant
from ipagym.agents.common.wrapper import Wrapper
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Deployment, Limits, cores_of
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario
from ipagym.workload.statistics import peak_rps

VariantOf = Callable[[Stage, Deployment], Variant]

PEAK_S = 10
"""The peak rate is the highest mean over this number of seconds."""


class OnFleet(Wrapper):
    """An agent that does not change replicas, started on a fleet that carries `peak_rps`. `variant_of` chooses the
    fleet's variant of a stage, given the initial deployment.
    """

    def __init__(self, agent: Agent, variant_of: VariantOf, peak_rps: float) -> None:
        super().__init__(agent)
        self.variant_of = variant_of
        self.peak_rps = peak_rps

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Prepare the agent."""
        self._pipeline, self._limits = pipeline, limits
        self._is_first = True
        super().reset(pipeline, limits, rng)

    def decide(self, window: Window) -> Configuration:
        """The agent's decision; the first one on the fleet."""
        if self._is_first:
            self._is_first = False
            window = replace(window, configuration=self.holds(window.configuration))
        return super().decide(window)

    def holds(self, found: Configuration) -> Configuration:
        """The initial configuration, on the fleet."""
        pairs = zip(found.first_deployments, self._pipeline.stages, strict=True)
        chosen = [with_variant(each, self.variant_of(stage, each)) for each, stage in pairs]
        numbers = fleet_of(chosen, self._pipeline, self._limits, self.peak_rps)
        stages = zip(found.stages, numbers, strict=True)
        return Configuration(tuple(setting.turned(replicas=number) for setting, number in stages))


def load_peak_rps(scenario: Scenario) -> float:
    """The highest rate of the load under one seed."""
    return peak_rps(scenario.workload.rates_rps(np.random.default_rng(0)), PEAK_S)


def most_accurate(stage: Stage, found: Deployment) -> Variant:
    """The variant for a system that must always be accurate."""
    return stage.most_accurate


def lightest(stage: Stage, found: Deployment) -> Variant:
    """The variant for a system that reduces accuracy under load."""
    return stage.lightest


def as_found(stage: Stage, found: Deployment) -> Variant:
    """The variant for a system that does not change variants."""
    return stage.variant(found.variant)


def fleet_of(chosen: Sequence[Deployment], pipeline: Pipeline, limits: Limits, peak_rps: float) -> tuple[int, ...]:
    """Replicas of these deployments, one of each stage, that carry the peak, or as many as fit. If they do not fit, the
    stage with the largest capacity loses a replica first.
    """
    pairs = list(zip(chosen, pipeline.stages, strict=True))
    shares_s = slo_shares_s(chosen, pipeline)
    each_rps = [_rps(*pair, share_s) for pair, share_s in zip(pairs, shares_s, strict=True)]
    cores = [cores_of(each, stage) for each, stage in pairs]
    replicas = [replicas_for(peak_rps, rps, limits.max_replicas) for rps in each_rps]
    while max(replicas) > 1 and not has_room(cores, replicas, limits):
        spare = [number * rps if number > 1 else 0.0 for number, rps in zip(replicas, each_rps, strict=True)]
        replicas[int(np.argmax(spare))] -= 1
    return tuple(replicas)


def _rps(deployment: Deployment, stage: Stage, slo_s: float) -> float:
    latency = latency_of(deployment, stage)
    return latency.throughput_rps(half_slo_batch(latency, slo_s, stage.batches) or stage.batches[0])
