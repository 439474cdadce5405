"""Plans of a stage that carry a load: one deployment, or two that share the requests."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ipagym.model.configuration import Deployment, StageSetting
from ipagym.model.pipeline import Stage
from ipagym.optimize.frontier.kernels import undominated
from ipagym.optimize.options import fewest_replicas
from ipagym.optimize.problem import Choice, choices_of, stage_latency_s
from ipagym.task.objective import Objective


@dataclass(frozen=True, slots=True)
class Part:
    """A choice of variant, batch and cores, in so many replicas, and its share of the requests."""

    choice: Choice
    replicas: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class StagePlan:
    """Deployments of a stage that carry the load together, and what they come to.

    `cost` is β·Σ n·c + δ·Σ b, `latency_s` that of the slowest deployment, `sizes` how many replicas there are of each
    number of cores.
    """

    parts: tuple[Part, ...]
    accuracy: float
    cost: float
    latency_s: float
    sizes: Counter[int]

    @property
    def cores(self) -> int:
        """Of all replicas together."""
        return sum(number * cores for cores, number in self.sizes.items())

    @property
    def batches(self) -> int:
        """The batch sizes of all deployments together."""
        return sum(part.choice.batch for part in self.parts)

    @property
    def setting(self) -> StageSetting:
        """The plan as a configuration of the stage."""
        parts = (Deployment(p.choice.variant, p.replicas, p.choice.batch, p.choice.cores, p.share) for p in self.parts)
        return StageSetting(tuple(parts))


def choices_on_all_cores(index: int, stage: Stage) -> tuple[Choice, ...]:
    """Every (variant, batch, cores) of a stage."""
    return choices_of(index, stage, lambda variant: variant.core_choices)


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowed:
    """Replicas of each deployment and deployments at most, and whether replicas must find room on nodes."""

    max_replicas: int
    max_deployments: int
    on_nodes: bool


def stage_plans(
    choices: tuple[Choice, ...], rate_rps: float, objective: Objective, allowed: Allowed
) -> list[StagePlan]:
    """The plans that no other beats or equals in accuracy, cost, latency and cores.

    Where replicas must find room on nodes, those of every size count instead of the cores: a plan of as many cores in
    smaller replicas may fit where another does not.
    """
    parts = list(_alone(choices, rate_rps, allowed.max_replicas))
    if allowed.max_deployments > 1 and rate_rps > 0:
        parts += _pairs(choices, rate_rps, allowed.max_replicas)
    plans = [_plan(each, rate_rps, objective) for each in parts]
    if not plans:
        return []
    gain = np.array([plan.accuracy for plan in plans])
    loss = np.array([[plan.cost, plan.latency_s, *_room(plan, choices, allowed)] for plan in plans], dtype=np.float64).T
    order = np.lexsort((loss[1], loss[0], -gain))
    return [plans[k] for k in undominated(order, gain, np.ascontiguousarray(loss)).tolist()]


def _room(plan: StagePlan, choices: tuple[Choice, ...], allowed: Allowed) -> list[int]:
    if not allowed.on_nodes:
        return [plan.cores]
    return [plan.sizes[cores] for cores in sorted({choice.cores for choice in choices})]


def _alone(choices: tuple[Choice, ...], rate_rps: float, max_replicas: int) -> Iterator[tuple[Part, ...]]:
    for choice in choices:
        if (needed := fewest_replicas(choice, rate_rps)) <= max_replicas:
            yield (Part(choice, needed, 1.0),)


def _pairs(choices: tuple[Choice, ...], rate_rps: float, max_replicas: int) -> Iterator[tuple[Part, ...]]:
    """The more accurate variant takes all that its replicas carry, the other one the rest."""
    for better in choices:
        for replicas in range(1, min(fewest_replicas(better, rate_rps), max_replicas + 1)):
            left_rps = rate_rps - replicas * better.throughput_rps
            for other in choices:
                needed = fewest_replicas(other, left_rps)
                if other.accuracy < better.accuracy and needed <= max_replicas and left_rps > 0:
                    share = left_rps / rate_rps
                    yield Part(better, replicas, 1 - share), Part(other, needed, share)


def _plan(parts: tuple[Part, ...], rate_rps: float, objective: Objective) -> StagePlan:
    cores = sum(part.replicas * part.choice.cores for part in parts)
    sizes = Counter[int]()
    for part in parts:
        sizes[part.choice.cores] += part.replicas
    return StagePlan(
        parts=parts,
        accuracy=sum(part.share * part.choice.accuracy for part in parts),
        cost=objective.price(cores, sum(part.choice.batch for part in parts)),
        latency_s=max(stage_latency_s(part.choice, part.share * rate_rps) for part in parts),
        sizes=sizes,
    )
