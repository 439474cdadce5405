"""Greedy control: of all configurations one knob away, the one with the highest planned reward in the next window.
Rewards are planned, not simulated. Accuracy and cores are those configured. Violations are the share of the forecast
load beyond the planned throughput of each stage separately (so that widening one of two equal bottlenecks is a gain),
or the whole load if Σ (l + q) exceeds the SLO. It looks only one window ahead, and so ignores load times and later
effects of a change.
"""

from math import prod

import numpy as np

from ipagym.agents.common.by_stage import latency_of, replica_rps
from ipagym.agents.common.neighbours import neighbours
from ipagym.forecast.moving_maximum import MovingMaximum
from ipagym.model.agent import Agent
from ipagym.model.configuration import Configuration, Deployment, Limits, configured_accuracy, requested_cores
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.model.window import Window
from ipagym.optimize.problem import queue_wait_s
from ipagym.task.objective import Objective
from ipagym.task.reward import Rewards
from ipagym.task.scenario import Scenario


class Greedy:
    """Moves to the best neighbour, or stays."""

    def __init__(self, *, objective: Objective) -> None:
        self.objective = objective
        self.forecaster = MovingMaximum()

    def reset(self, pipeline: Pipeline, limits: Limits, rng: np.random.Generator) -> None:
        """Forget the load seen so far."""
        self._pipeline, self._limits = pipeline, limits
        self._rewards = Rewards(pipeline, limits.max_deployments)
        self.forecaster.reset()

    def decide(self, window: Window) -> Configuration:
        """The neighbour with the highest planned reward; the running configuration if none is better."""
        self.forecaster.observe(window.arrivals_per_s)
        rate, lost_s = self.forecaster.predict(), window.network_max_s
        slo_s, current = self._pipeline.slo_s - lost_s, window.configuration
        most = self._limits.total_cores

        def worth(candidate: Configuration) -> float:
            reward = planned_reward(candidate, self._pipeline, self.objective, rate_rps=rate, slo_s=slo_s)
            return reward - self.objective.switching * self._rewards.between(current, candidate)[0]

        around = neighbours(current, self._pipeline, self._limits)
        fitting = [c for c in around if most is None or requested_cores(c, self._pipeline) <= most]
        return max([current, *fitting], key=worth)


def planned_reward(
    candidate: Configuration, pipeline: Pipeline, objective: Objective, *, rate_rps: float, slo_s: float
) -> float:
    """The objective of a window under a steady load, without switching and energy."""
    pairs = list(zip(candidate.first_deployments, pipeline.stages, strict=True))
    shares = [min(1.0, _rps(each, stage) / rate_rps) if rate_rps > 0 else 1.0 for each, stage in pairs]
    latency_s = sum(
        latency_of(each, stage).p99(each.batch) + queue_wait_s(each.batch, rate_rps) for each, stage in pairs
    )
    violation = 1 - prod(shares) if latency_s <= slo_s else 1.0
    accuracy, cores = configured_accuracy(candidate, pipeline), requested_cores(candidate, pipeline)
    batches = sum(each.batch for each, _ in pairs)
    return objective.planned(accuracy, cores, batches) - objective.violation * violation


def _rps(deployment: Deployment, stage: Stage) -> float:
    return deployment.replicas * replica_rps(deployment, stage)


def make(scenario: Scenario, argument: str = "") -> Agent:
    """Takes no argument."""
    return Greedy(objective=scenario.objective)
