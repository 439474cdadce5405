"""InferLine (Crankshaw et al., SoCC 2020): a plan made with a simulator, and a tuner that watches the load's envelope.

Planner, once, on a sample of the load (the first ten seconds or more, repeated for a minute): batch 1, the most cores,
and replicas until the 99th percentile of a simulated trial meets the SLO; then, as long as that holds, the one step
that saves most cores: a replica less, the batch doubled with the replicas it spares, or the next smaller number of
cores. Tuner, every window: where a rate of the envelope is above the plan's, k = ⌈r·s/(μ·ρ)⌉ replicas with ρ the
plan's load of a replica; down, 15 s after the last change, for the highest rate of the last 30 s, with the least ρ of
all stages. Variants stay. (Its constants are as later papers report them.)
"""

from collections.abc import Iterator
from dataclasses import replace
from math import ceil

import numpy as np

from ipagym.agents.common.by_stage import latency_of, replica_rps
from ipagym.agents.published.inferline_envelope import rates_rps, window_lengths
from ipagym.agents.published.trial import p99_s
from ipagym.forecast.recent_seconds import RecentSeconds
from ipagym.model.agent import Agent
from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting, cores_of, requested_cores
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.window import Window
from ipagym.task.scenario import Scenario

SAMPLE_S = 10
TRIAL_S = 60
DOWN_AFTER_S = 15.0
DOWN_WINDOW_S = 30
DOWN_BIN_S = 5
KEPT_S = 120

LEAST_SLO_S = 1e-3
"""Lower bound, in seconds, of the part of the SLO that the network leaves."""


class InferLine:
    """Plans as soon as it has a sample, and then tunes replicas."""

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Discard the plan and the load history."""
        self._pipeline, self._limits = pipeline, limits
        self._plan: Configuration | None = None
        self._arrivals = RecentSeconds(KEPT_S)
        self._network_s = 0.0
        self._changed_s = 0.0

    def decide(self, window: Window) -> Configuration:
        """The plan with the replicas that the load needs."""
        self._arrivals.observe(window.arrivals_per_s)
        self._network_s = max(self._network_s, window.network_max_s)
        if self._plan is None:
            if len(self._arrivals.counts) < SAMPLE_S:
                return window.configuration
            self._make_plan(window)
            assert self._plan is not None
            return self._plan
        wanted = affordable(self._tuned(window), self._pipeline, self._limits)
        if wanted != window.configuration:
            self._changed_s = window.end_s
        return wanted

    def _make_plan(self, window: Window) -> None:
        sample = np.resize(self._arrivals.counts, TRIAL_S)
        left_s = max(self._pipeline.slo_s - self._network_s, LEAST_SLO_S)
        self._plan = plan(replace(self._pipeline, slo_s=left_s), self._limits, sample, window.configuration)
        stages = list(zip(self._plan.first_deployments, self._pipeline.stages, strict=True))
        self._lengths = window_lengths(sum(latency_of(each, stage).p99(each.batch) for each, stage in stages))
        self._planned_rps = rates_rps(sample, self._lengths)
        self._load = [
            min(1.0, float(sample.mean()) / (each.replicas * replica_rps(each, stage))) or 1.0 for each, stage in stages
        ]
        self._changed_s = window.end_s

    def _tuned(self, window: Window) -> Configuration:
        current = window.configuration
        live = rates_rps(self._arrivals.counts, self._lengths)
        over = [now for now, planned in zip(live, self._planned_rps, strict=True) if now > planned]
        needed = self._replicas(max(over, default=0.0), self._load)
        running = [each.replicas for each in current.first_deployments]
        if any(n > now for n, now in zip(needed, running, strict=True)):
            return self._with(current, list(map(max, needed, running)))
        if window.end_s - self._changed_s < DOWN_AFTER_S:
            return current
        highest = rates_rps(self._arrivals.counts[-DOWN_WINDOW_S:], [float(DOWN_BIN_S)])[0]
        enough = map(max, needed, self._replicas(highest, [min(self._load)] * len(self._load)))
        return self._with(current, list(map(min, enough, running)))

    def _replicas(self, rate_rps: float, load: list[float]) -> list[int]:
        assert self._plan is not None
        stages = zip(self._plan.first_deployments, self._pipeline.stages, load, strict=True)
        needed = (ceil(rate_rps / (replica_rps(each, stage) * share) - 1e-9) for each, stage, share in stages)
        return [min(max(1, number), self._limits.max_replicas) for number in needed]

    def _with(self, current: Configuration, replicas: list[int]) -> Configuration:
        stages = zip(current.stages, replicas, strict=True)
        return Configuration(tuple(setting.turned(replicas=number) for setting, number in stages))


def plan(pipeline: Pipeline, limits: Limits, sample: np.ndarray, running: Configuration) -> Configuration:
    """The planner; if even the most replicas miss the SLO, they are the plan."""
    rates = sample.astype(float).tolist()

    def meets_slo(candidate: Configuration) -> bool:
        return p99_s(pipeline, candidate, limits, rates) <= pipeline.slo_s

    chosen = _first(pipeline, limits, float(sample.mean()), running)
    while not meets_slo(chosen):
        more = Configuration(
            tuple(s.turned(replicas=min(s.first.replicas + 1, limits.max_replicas)) for s in chosen.stages)
        )
        more = affordable(more, pipeline, limits)
        if requested_cores(more, pipeline) <= requested_cores(chosen, pipeline):
            return chosen
        chosen = more
    while True:
        before = requested_cores(chosen, pipeline)
        steps = sorted(_steps(chosen, pipeline), key=lambda step: requested_cores(step, pipeline))
        better = next((s for s in steps if requested_cores(s, pipeline) < before and meets_slo(s)), None)
        if better is None:
            return chosen
        chosen = better


def _first(pipeline: Pipeline, limits: Limits, rate_rps: float, running: Configuration) -> Configuration:
    """The smallest batch, the most cores, replicas for the mean rate."""

    def setting(current: Deployment, stage: Stage) -> StageSetting:
        best = replace(current, batch=stage.batches[0], cores=stage.variant(current.variant).core_choices[-1])
        replicas = min(max(1, ceil(rate_rps / replica_rps(best, stage))), limits.max_replicas)
        return StageSetting((replace(best, replicas=replicas),))

    wanted = Configuration(tuple(map(setting, running.first_deployments, pipeline.stages)))
    return affordable(wanted, pipeline, limits)


def _steps(chosen: Configuration, pipeline: Pipeline) -> Iterator[Configuration]:
    """Every configuration that is one step of one stage away."""
    for index, (setting, stage) in enumerate(zip(chosen.stages, pipeline.stages, strict=True)):
        for other in _stage_steps(setting, stage):
            yield Configuration((*chosen.stages[:index], other, *chosen.stages[index + 1 :]))


def _stage_steps(setting: StageSetting, stage: Stage) -> Iterator[StageSetting]:
    current = setting.first
    if current.replicas > 1:
        yield setting.turned(replicas=current.replicas - 1)
    larger = [batch for batch in stage.batches if batch >= 2 * current.batch]
    if larger:
        other = replace(current, batch=larger[0])
        spared = ceil(current.replicas * replica_rps(current, stage) / replica_rps(other, stage))
        yield setting.turned(batch=larger[0], replicas=max(1, min(current.replicas - 1, spared)))
    fewer = [c for c in stage.variant(current.variant).core_choices if c < cores_of(current, stage)]
    if fewer:
        yield setting.turned(cores=fewer[-1])


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return InferLine()
