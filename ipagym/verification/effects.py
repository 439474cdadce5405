"""The effects of decisions: more replicas, more cores or a faster variant serve more, and sooner, under load.

A stage is looked at alone, serving one request at a time in constant time under one and a half times the load that the
weaker setting can bear. Then every request is answered no later with more servers (Kiefer and Wolfowitz 1955) or
shorter service, and those that had to wait for it sooner: this holds for every path, to the bit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from ipagym.cluster.sim.engine import Engine
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting, cores_of
from ipagym.model.pipeline import Stage, Variant
from ipagym.task.physics import Physics
from ipagym.task.scenario import SHORTEST_INTERVAL_S, Scenario
from ipagym.verification.paths import walk
from ipagym.workload.generators import MAX_RATE_RPS, Constant

OVERLOAD = 1.5
"""Requests per request that the weaker setting can serve."""

REQUESTS = 600

LONGEST_SERVICE_S = 1000.0
"""Seconds for one request beyond which a setting is not looked at: a run would be as long as so many of them."""

NOTICEABLE = 0.999
"""Service times that are closer than this are the same."""

MOST_REPLICAS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A change of one knob of a stage towards more capacity."""

    stage: Stage
    what: str
    weak: Deployment
    strong: Deployment


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """The effect of a change of one knob on a stage under more load than it could serve before.

    Rates are of requests answered until the load ends; times are from arrival to answer, or until the load ends.
    """

    where: str
    engine: str
    change: str
    served_rps: tuple[float, float]
    time_s: tuple[float, float]

    @property
    def passed(self) -> bool:
        """True where no less was served, and sooner."""
        return self.served_rps[1] >= self.served_rps[0] and self.time_s[1] < self.time_s[0]


def changes(scenario: Scenario) -> list[Change]:
    """Every change of one knob of one stage that there is."""
    return [change for stage in scenario.pipeline.stages for change in _of_stage(stage, scenario.limits)]


def spread(found: Sequence[Change], most: int) -> list[Change]:
    """At most so many of the changes, from first to last."""
    if len(found) <= most:
        return list(found)
    return [found[int(index)] for index in np.linspace(0, len(found) - 1, most)]


def effects(
    scenario: Scenario, where: str, engine: tuple[str, Engine], *, seed: int, most: int | None = None
) -> Iterator[Effect]:
    """The effects of the changes of the scenario, or of `most` of them."""
    found = changes(scenario)
    for change in found if most is None else spread(found, most):
        rate_rps = min(OVERLOAD / _service_s(change.stage, change.weak), MAX_RATE_RPS)
        weak, strong = (
            _run(_alone(scenario, change.stage, setting, rate_rps), engine[1], seed)
            for setting in (change.weak, change.strong)
        )
        yield Effect(
            where=f"{where}, {change.stage.name}",
            engine=engine[0],
            change=change.what,
            served_rps=(weak[0], strong[0]),
            time_s=(weak[1], strong[1]),
        )


def _of_stage(stage: Stage, limits: Limits) -> Iterator[Change]:
    for change in _pairs(stage, limits):
        if _service_s(stage, change.weak) <= LONGEST_SERVICE_S:
            yield change


def _pairs(stage: Stage, limits: Limits) -> Iterator[Change]:
    slow, fast = (choose(stage.variants, key=_one_by_one_s) for choose in (max, min))
    one = Deployment(slow.name, 1, 1)
    if limits.max_replicas > 1:
        many = min(limits.max_replicas, MOST_REPLICAS)
        yield Change(stage=stage, what=f"replicas 1 → {many}", weak=one, strong=replace(one, replicas=many))
    for variant in stage.variants:
        few, more = variant.core_choices[0], variant.core_choices[-1]
        if _is_faster(variant.latency_on(more).average(1), variant.latency_on(few).average(1)):
            weak = Deployment(variant.name, 1, 1, cores=few)
            what = f"cores of {variant.name} {few} → {more}"
            yield Change(stage=stage, what=what, weak=weak, strong=replace(weak, cores=more))
    if _is_faster(_one_by_one_s(fast), _one_by_one_s(slow)):
        what = f"variant {slow.name} → {fast.name}"
        yield Change(stage=stage, what=what, weak=one, strong=replace(one, variant=fast.name))


def _one_by_one_s(variant: Variant) -> float:
    return variant.latency.average(1)


def _is_faster(service_s: float, other_s: float) -> bool:
    return service_s <= NOTICEABLE * other_s


def _service_s(stage: Stage, deployment: Deployment) -> float:
    return stage.variant(deployment.variant).latency_on(cores_of(deployment, stage)).average(1)


def _alone(scenario: Scenario, stage: Stage, deployment: Deployment, rate_rps: float) -> Scenario:
    """The stage with this deployment under a constant load, and nothing else."""
    seconds = max(REQUESTS / rate_rps, 2 * SHORTEST_INTERVAL_S)
    return Scenario(
        pipeline=replace(scenario.pipeline, stages=(replace(stage, after=None, batches=(1,)),)),
        workload=Constant(rate_rps=rate_rps, duration_s=ceil(seconds)),
        initial=Configuration((StageSetting((deployment,)),)),
        limits=Limits(max_replicas=deployment.replicas),
        physics=Physics(order=scenario.physics.order, batch_timeout_s=0.0, service="constant"),
        interval_s=seconds / 2,
    )


def _run(alone: Scenario, engine: Engine, seed: int) -> tuple[float, float]:
    """Requests answered per second, and their mean time in the system, cut at the end of the load."""
    log = walk(alone, engine, [alone.initial] * 2, seed).log
    seconds = 2 * alone.interval_s
    return int(log.completed.sum()) / seconds, float(np.mean(np.minimum(log.end_s, seconds) - log.arrival_s))
