"""Loki (Ahmad et al., HPDC 2024): the fewest servers for the best variants; if servers are short, less accuracy.

Hardware scaling: the most accurate variant of each stage, in the fewest replicas that carry the load. If that needs
more replicas than there are, accuracy scaling: all servers, and the variants of highest accuracy (the product over the
stages) that carry the load. Batches leave half of the SLO, which its program divides along a path; here the stages get
fixed parts of it. A stage runs one variant, so routing by accuracy does not apply. Each request reaches each stage once
(no fan-out); the load is an exponentially weighted mean as in Proteus. Dropping and rerouting in the pipeline are not
simulated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from ipagym.agents.common.by_stage import slo_shares_s
from ipagym.agents.common.primitives import replicas_for, with_variant
from ipagym.agents.published.device_mix import Option
from ipagym.agents.published.proteus import SECONDS, ewma_rps, options_of
from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting, requested_cores
from ipagym.model.pipeline import Pipeline
from ipagym.model.window import Window
from ipagym.optimize.problem import TOLERANCE
from ipagym.task.scenario import Scenario

MAX_BATCH = 64


class Loki:
    """Plans in every window."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far."""
        self._pipeline, self._limits = pipeline, limits
        self._arrivals = RecentSeconds(SECONDS)

    def decide(self, window: Window) -> Configuration:
        """Hardware scaling if it carries the load, otherwise accuracy scaling, otherwise the highest throughput."""
        self._arrivals.observe(window.arrivals_per_s)
        rate = ewma_rps(self._arrivals.counts)
        running = window.configuration.first_deployments
        options = self._options(running)
        best = [max(stage, key=lambda option: option.accuracy) for stage in options]
        for chosen in (best, *self._by_accuracy(options)):
            wanted = self._configuration(chosen, rate, running)
            if self._carries(chosen, wanted, rate):
                return wanted
        fastest = [max(stage, key=lambda option: option.rps) for stage in options]
        return affordable(self._configuration(fastest, rate, running), self._pipeline, self._limits)

    def _options(self, running: Sequence[Deployment]) -> list[list[Option]]:
        stages = self._pipeline.stages
        shares_s = slo_shares_s([Deployment(stage.most_accurate.name, 1, 1) for stage in stages], self._pipeline)
        return [options_of(*each, MAX_BATCH) for each in zip(stages, running, shares_s, strict=True)]

    def _by_accuracy(self, options: Sequence[Sequence[Option]]) -> Iterator[Sequence[Option]]:
        def accuracy(chosen: Sequence[Option]) -> float:
            return self._pipeline.accuracy_of([option.variant for option in chosen])

        yield from sorted(product(*options), key=accuracy, reverse=True)

    def _configuration(self, chosen: Sequence[Option], rate: float, running: Sequence[Deployment]) -> Configuration:
        each = zip(chosen, running, self._pipeline.stages, strict=True)
        wanted = (
            replace(
                with_variant(found, stage.variant(option.variant)),
                batch=option.batch,
                replicas=replicas_for(rate, option.rps, self._limits.max_replicas),
            )
            for option, found, stage in each
        )
        return Configuration(tuple(StageSetting((deployment,)) for deployment in wanted))

    def _carries(self, chosen: Sequence[Option], wanted: Configuration, rate: float) -> bool:
        cores, total = requested_cores(wanted, self._pipeline), self._limits.total_cores
        served = (
            option.rps * each.replicas >= rate * (1 - TOLERANCE)
            for option, each in zip(chosen, wanted.first_deployments, strict=True)
        )
        return all(served) and (total is None or cores <= total)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return Loki()
