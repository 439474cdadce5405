"""Whether decisions have effect: more replicas, more cores or a faster variant serve more, and sooner, under load."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np

from ipagym.configuration import Configuration, Limits, StageSetting
from ipagym.faults import Faults
from ipagym.pipeline import Stage
from ipagym.scenario import DropPolicy, Scenario
from ipagym.verify.paths import walk
from ipagym.workload.generators import MAX_RATE_RPS, Constant

Engine = Callable[..., Any]

OVERLOAD = 1.5
"""Requests per request that the weaker setting can serve."""

REQUESTS = 1500


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What a change of one knob did to a stage under more load than it could serve before.

    Rates are of requests answered until the load ends; times are from arrival to answer, or until the load ends.
    """

    where: str
    engine: str
    change: str
    served_rps: tuple[float, float]
    time_s: tuple[float, float]

    @property
    def passed(self) -> bool:
        """Whether no less was served, and sooner."""
        return self.served_rps[1] >= self.served_rps[0] and self.time_s[1] < self.time_s[0]


def effects(scenario: Scenario, where: str, engine: tuple[str, Engine], seed: int) -> Iterator[Effect]:
    """Every change of one knob of one stage towards more capacity, the other stages being as strong as they can be."""
    for index, stage in enumerate(scenario.pipeline.stages):
        for change, weak, strong in _changes(stage, scenario.limits):
            rate_rps = min(OVERLOAD * _capacity_rps(stage, weak), MAX_RATE_RPS)
            seen = [
                _run(scenario, _only(scenario, index, each), rate_rps, (engine[1], seed)) for each in (weak, strong)
            ]
            yield Effect(
                where=f"{where}, {stage.name}",
                engine=engine[0],
                change=change,
                served_rps=(seen[0][0], seen[1][0]),
                time_s=(seen[0][1], seen[1][1]),
            )


def _changes(stage: Stage, limits: Limits) -> Iterator[tuple[str, StageSetting, StageSetting]]:
    batch = stage.batches[0]
    slow, fast = (choose(stage.variants, key=lambda v: v.latency.average(batch)) for choose in (max, min))
    one = StageSetting(slow.name, 1, batch)
    if limits.max_replicas > 1:
        many = min(limits.max_replicas, 4)
        yield f"replicas 1 → {many}", one, replace(one, replicas=many)
    for variant in stage.variants:
        few, more = variant.core_choices[0], variant.core_choices[-1]
        if variant.latency_on(more).average(batch) < variant.latency_on(few).average(batch):
            weak = StageSetting(variant.name, 1, batch, cores=few)
            yield f"cores of {variant.name} {few} → {more}", weak, replace(weak, cores=more)
    if fast.latency.average(batch) < slow.latency.average(batch):
        yield f"variant {slow.name} → {fast.name}", one, replace(one, variant=fast.name)


def _capacity_rps(stage: Stage, setting: StageSetting) -> float:
    variant = stage.variant(setting.variant)
    cores = variant.base_cores if setting.cores is None else setting.cores
    return setting.replicas * setting.batch / variant.latency_on(cores).average(setting.batch)


def _only(scenario: Scenario, index: int, setting: StageSetting) -> Configuration:
    """The setting in its stage, and in the others the fastest variants in as many replicas as may be."""
    strongest = [_strongest(stage, scenario.limits) for stage in scenario.pipeline.stages]
    strongest[index] = setting
    return Configuration(tuple(strongest))


def _strongest(stage: Stage, limits: Limits) -> StageSetting:
    variant = max(stage.variants, key=lambda v: _best_rps(stage, v.name))
    cores = max(variant.core_choices, key=lambda c: 1 / variant.latency_on(c).average(stage.batches[-1]))
    return StageSetting(variant.name, limits.max_replicas, stage.batches[-1], cores=cores)


def _best_rps(stage: Stage, name: str) -> float:
    variant = stage.variant(name)
    return max(stage.batches[-1] / variant.latency_on(c).average(stage.batches[-1]) for c in variant.core_choices)


def _run(
    scenario: Scenario, configuration: Configuration, rate_rps: float, run: tuple[Engine, int]
) -> tuple[float, float]:
    """Requests answered per second, and their mean time in the system, cut at the end of the load."""
    engine, seed = run
    seconds = max(2, ceil(REQUESTS / rate_rps))
    overloaded = replace(
        scenario,
        workload=Constant(rate_rps=rate_rps, duration_s=seconds),
        initial=configuration,
        limits=replace(scenario.limits, node_cores=None),
        physics=replace(
            scenario.physics,
            drop=DropPolicy(),
            faults=Faults(),
            keep_alive_s=None,
            service="constant",
            batch_timeout_s=0.0,
        ),
        interval_s=seconds / 2,
    )
    log = walk(overloaded, engine, [configuration] * 2, seed).log
    answered = int(log.completed.sum())
    return answered / seconds, float(np.mean(np.minimum(log.end_s, seconds) - log.arrival_s))
