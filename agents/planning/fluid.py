"""The rewards of configurations in each window under a known load, in a fluid model; and the best sequence of
configurations.

The model of a window: the accuracy and cores as configured; as violations, the share of the load beyond the throughput
of the narrowest stage (average service times: it is optimistic). A change costs the same as in a cluster: while new
replicas load, the old deployment serves and both hold cores.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ipagym.agents.common.by_stage import latency_of
from ipagym.model.configuration import (
    Configuration,
    Deployment,
    StageSetting,
    configured_accuracy,
    cores_of,
    requested_cores,
)
from ipagym.model.deployments import deployments_of
from ipagym.model.pipeline import Pipeline, Stage
from ipagym.task.objective import Objective
from ipagym.task.reward import Rewards, numbers

Floats = NDArray[np.float64]


def values_to_go(
    pool: Sequence[Configuration],
    rates_rps: Floats,
    *,
    pipeline: Pipeline,
    objective: Objective,
    interval_s: float,
) -> Floats:
    """The most that can still be earned from window t on after running each of P configurations, shape (T + 1, P).

    `rates_rps` is the mean rate of each of T windows. Bellman's equation backwards: V[t, i] = max over j of the reward
    of window t if j is requested after i, plus V[t + 1, j].
    """
    earned = rewards(pool, rates_rps, pipeline=pipeline, objective=objective)
    change = costs_of_change(pool, pipeline=pipeline, objective=objective, interval_s=interval_s)
    to_go = np.zeros((len(rates_rps) + 1, len(pool)))
    for t in range(len(rates_rps) - 1, -1, -1):
        to_go[t] = (earned[t] + to_go[t + 1] - change).max(axis=1)
    return to_go


def rewards(pool: Sequence[Configuration], rates_rps: Floats, *, pipeline: Pipeline, objective: Objective) -> Floats:
    """The reward of each of P configurations in each of T windows, running already, shape (T, P)."""
    capacity = np.array([_capacity_rps(each, pipeline) for each in pool])
    steady = np.array([_worth(each, pipeline, objective) for each in pool])
    lacking = np.maximum(0.0, 1 - capacity / np.maximum(rates_rps[:, np.newaxis], 1e-9))
    return np.asarray(steady - objective.violation * lacking)


def costs_of_change(
    pool: Sequence[Configuration], *, pipeline: Pipeline, objective: Objective, interval_s: float
) -> Floats:
    """The cost of the change from configuration i to j, in the window of the change, shape (P, P)."""
    width = max(len(setting.deployments) for each in pool for setting in each.stages)
    rewards, size = Rewards(pipeline, width), len(pool)
    each = numbers(np.stack([deployments_of(configuration, pipeline, width) for configuration in pool]))
    changed, loading_s, _ = rewards.compared(np.repeat(each, size, axis=0), np.tile(each, (size, 1, 1, 1)))
    twice = np.array([_replaced_cores(before, after, pipeline) for before in pool for after in pool])
    switching = objective.switching * changed + objective.gamma * loading_s
    costs = switching + objective.beta * np.minimum(1.0, loading_s / interval_s) * twice
    return np.asarray(costs.reshape(size, size))


def _replaced_cores(before: Configuration, after: Configuration, pipeline: Pipeline) -> int:
    """Cores of the deployments that run until their successors are ready."""
    return sum(map(_replaced_in_stage, before.stages, after.stages, pipeline.stages))


def _replaced_in_stage(before: StageSetting, after: StageSetting, stage: Stage) -> int:
    names = {each.variant for each in after.deployments}
    return sum(each.replicas * cores_of(each, stage) for each in before.deployments if each.variant not in names)


def _capacity_rps(configuration: Configuration, pipeline: Pipeline) -> float:
    """The highest load that every stage carries."""
    return min(map(_stage_rps, configuration.stages, pipeline.stages))


def _stage_rps(setting: StageSetting, stage: Stage) -> float:
    total = sum(each.weight for each in setting.deployments)
    return min(each.replicas * _average_rps(each, stage) / (each.weight / total) for each in setting.deployments)


def _average_rps(deployment: Deployment, stage: Stage) -> float:
    latency = latency_of(deployment, stage)
    return max(batch / latency.average(batch) for batch in range(1, deployment.batch + 1))


def _worth(configuration: Configuration, pipeline: Pipeline, objective: Objective) -> float:
    batches = sum(each.batch for setting in configuration.stages for each in setting.deployments)
    cost = objective.price(requested_cores(configuration, pipeline), batches)
    return objective.alpha * configured_accuracy(configuration, pipeline) - cost
