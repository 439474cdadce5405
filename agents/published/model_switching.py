"""Model-Switching (Zhang et al., HotCloud 2020): the most accurate variant that meets the deadline at this load.

Every variant's 99th percentile of latency is measured in advance at a grid of loads on the given hardware (here in
trials on the simulator). Online, the load of the last second decides: argmax a_v subject to p99_v(λ) ≤ D, or the
fastest variant if none meets D. Replicas, batch and cores do not change (a variant that was not measured on those cores
gets its base cores). The paper keeps all variants in memory; here a switch has to load the model. The paper serves one
model; for a pipeline, we add the percentiles of the stages and multiply their accuracies.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ipagym.agents.common.by_stage import replica_rps
from ipagym.agents.common.fleet import OnFleet, lightest, load_peak_rps
from ipagym.agents.common.primitives import with_variant
from ipagym.agents.published.trial import p99_s
from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario

LOADS = 12
"""Loads of the grid, up to what the lightest variant can serve."""

TRIAL_S = 30


def p99_by_load(
    stage: Stage, deployment: Deployment, loads_rps: NDArray[np.float64], pipeline: Pipeline
) -> list[float]:
    """The 99th percentile of latency, in seconds, of one stage by itself at each load; infinite once overloaded."""
    alone = replace(pipeline, stages=(replace(stage, after=None),))
    limits = Limits(max_replicas=deployment.replicas)
    found: list[float] = []
    for rate in loads_rps.tolist():
        is_hopeless = bool(found) and found[-1] == float("inf")
        trial = Configuration((StageSetting((deployment,)),))
        found.append(float("inf") if is_hopeless else p99_s(alone, trial, limits, [rate] * TRIAL_S))
    return found


class ModelSwitching:
    """Measures once, in the first window; then looks up."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the measurements."""
        self._pipeline, self._limits = pipeline, limits
        self._tables: list[Callable[[Variant, float], float]] = []

    def decide(self, window: Window) -> Configuration:
        """The variants for the load of the last second."""
        running = window.configuration.first_deployments
        if not self._tables:
            self._tables = list(map(self._table, self._pipeline.stages, running))
        rate = float(window.arrivals_per_s[-1])
        stages = [
            [(v, table(v, rate)) for v in stage.variants]
            for stage, table in zip(self._pipeline.stages, self._tables, strict=True)
        ]
        best = max(product(*stages), key=self._worth)
        chosen = (with_variant(each, variant) for each, (variant, _) in zip(running, best, strict=True))
        wanted = Configuration(tuple(StageSetting((each,)) for each in chosen))
        return affordable(wanted, self._pipeline, self._limits)

    def _worth(self, chosen: tuple[tuple[Variant, float], ...]) -> tuple[bool, float]:
        p99 = sum(seconds for _, seconds in chosen)
        in_time = p99 <= self._pipeline.slo_s
        names = [variant.name for variant, _ in chosen]
        return in_time, self._pipeline.accuracy_of(names) if in_time else -self._alone_s(chosen)

    def _alone_s(self, chosen: tuple[tuple[Variant, float], ...]) -> float:
        return sum(variant.latency.p99(1) for variant, _ in chosen)

    def _table(self, stage: Stage, running: Deployment) -> Callable[[Variant, float], float]:
        """The latency of a variant at a load: that of the next higher measured load."""
        trials = [with_variant(running, variant) for variant in stage.variants]
        fastest = max(replica_rps(trial, stage) for trial in trials)
        loads = np.linspace(0, 1.1 * running.replicas * fastest, LOADS + 1)[1:]
        measured = {t.variant: p99_by_load(stage, t, loads, self._pipeline) for t in trials}

        def lookup(variant: Variant, rate_rps: float) -> float:
            at = int(np.searchsorted(loads, rate_rps))
            return measured[variant.name][at] if at < len(loads) else float("inf")

        return lookup


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument; has replicas that carry the load's peak with the lightest variants, `@n=4` four."""
    return OnFleet(ModelSwitching(), lightest, load_peak_rps(scenario))
