"""FA2 (Razavi et al., RTAS 2022): the fewest cores that meet the SLO, by replicas and batches of given variants.

Variants and cores do not change. If no plan meets the SLO, every stage gets its smallest batch and the replicas for the
load (the paper does not define this case).
"""

import numpy as np

from ipagym.agents.common.by_stage import latency_of
from ipagym.agents.common.primitives import replicas_for
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Limits, cores_of
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.fa2 import Fa2Stage, fewest_cores
from ipagym.task.scenario import Scenario


class Fa2:
    """Plans for every interval, for the forecast rate."""

    def __init__(self) -> None:
        self.forecaster = MovingMaximum()

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far."""
        self._pipeline, self._limits = pipeline, limits
        self._levels = levels(pipeline)
        self.forecaster.reset()

    def decide(self, window: Window) -> Configuration:
        """The cheapest plan."""
        self.forecaster.observe(window.arrivals_per_s)
        rate, most = self.forecaster.predict(), self._limits.max_replicas
        running = list(zip(window.configuration.first_deployments, self._pipeline.stages, strict=True))
        stages = [
            Fa2Stage(
                latency=latency_of(each, stage),
                batches=stage.batches,
                cores=cores_of(each, stage),
                level=level,
            )
            for (each, stage), level in zip(running, self._levels, strict=True)
        ]
        sizes = fewest_cores(stages, rate, slo_s=self._pipeline.slo_s, max_replicas=most) or [
            (replicas_for(rate, each.latency.throughput_rps(each.batches[0]), most), each.batches[0]) for each in stages
        ]
        chosen = zip(window.configuration.stages, sizes, strict=True)
        wanted = Configuration(tuple(s.turned(replicas=n, batch=b) for s, (n, b) in chosen))
        return affordable(wanted, self._pipeline, self._limits)


def levels(pipeline: Pipeline) -> list[int]:
    """The number of stages before each on its longest way from the start."""
    found: list[int] = []
    for needed in pipeline.predecessors:
        found.append(1 + max((found[before] for before in needed), default=-1))
    return found


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return Fa2()
