"""A scenario as the arrays that the compiled engine reads."""

from dataclasses import dataclass
from math import inf, prod
from typing import Any

import numpy as np

from ipagym.cluster.sim.compiled.layout import (
    MODEL,
    RULES,
    TABLES,
    TARGET,
    Array,
    point,
)
from ipagym.cluster.sim.spreads import family_of
from ipagym.model.configuration import Configuration, cores_of
from ipagym.model.deployments import Deployments
from ipagym.model.pipeline import Pipeline, Variant
from ipagym.task.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Models:
    """Numbers for the models of a pipeline: each variant of each stage on each number of cores it may have."""

    numbers: dict[tuple[int, str, int], int]
    _by_cores: Array

    @classmethod
    def of(cls, pipeline: Pipeline) -> "Models":
        """The models in pipeline order."""
        keys = [
            (index, variant.name, cores)
            for index, stage in enumerate(pipeline.stages)
            for variant in stage.variants
            for cores in variant.core_choices
        ]
        widest = max(len(stage.variants) for stage in pipeline.stages)
        by_cores = np.full((len(pipeline.stages), widest, 1 + max(cores for *_, cores in keys)), -1)
        for number, (index, name, cores) in enumerate(keys):
            variants = [variant.name for variant in pipeline.stages[index].variants]
            by_cores[index, variants.index(name), cores] = number
        return cls({key: number for number, key in enumerate(keys)}, by_cores)

    def variant(self, number: int) -> str:
        """The variant of a model."""
        return list(self.numbers)[number][1]

    def targets(self, configuration: Configuration, scenario: Scenario) -> Array:
        """The configuration as records of `layout.TARGET`, shape (S, stations per stage)."""
        pipeline = scenario.pipeline
        targets = np.zeros((len(pipeline.stages), scenario.limits.max_deployments), dtype=TARGET)
        targets["model"] = -1
        for index, (setting, stage) in enumerate(zip(configuration.stages, pipeline.stages, strict=True)):
            for station, deployment in enumerate(setting.deployments):
                number = self.numbers[index, deployment.variant, cores_of(deployment, stage)]
                targets[index, station] = (number, deployment.replicas, deployment.batch, deployment.weight)
        return targets

    def asks_of(self, records: Deployments) -> Array:
        """The same for several configurations, given as records of shape (n, S, stations per stage)."""
        targets = np.zeros(records.shape, dtype=TARGET)
        for name in ("replicas", "batch", "weight"):
            targets[name] = records[name]
        stage = np.arange(records.shape[1])[:, np.newaxis]
        targets["model"] = np.where(
            records["variant"] >= 0, self._by_cores[stage, records["variant"], records["cores"]], -1
        )
        return targets


@dataclass(frozen=True, slots=True)
class Tables:
    """`rules` is one record of `layout.RULES`, which points to the arrays in `arrays`."""

    rules: Array
    arrays: dict[str, Array]

    @classmethod
    def of(cls, scenario: Scenario, *, keep_requests: bool) -> "Tables":
        """The tables of a scenario."""
        rules, arrays = np.zeros(1, dtype=RULES), _arrays(scenario.pipeline)
        for name, value in (_rules(scenario) | {"keep": keep_requests}).items():
            rules[0][name] = value
        return _connected(rules, arrays)

    def __reduce__(self) -> tuple[Any, ...]:
        """Addresses hold in this process and for these arrays only: a copy gets its own."""
        return _connected, (self.rules, self.arrays)


def _connected(rules: Array, arrays: dict[str, Array]) -> Tables:
    for number, (name, (dtype, _)) in enumerate(TABLES.items()):
        arrays[name] = np.ascontiguousarray(arrays[name], dtype=dtype)
        point(rules[0], number, arrays[name])
    return Tables(rules, arrays)


def _arrays(pipeline: Pipeline) -> dict[str, Array]:
    largest = max(stage.batches[-1] for stage in pipeline.stages)
    served = [
        (number, variant, cores)
        for number, variant in enumerate(variant for stage in pipeline.stages for variant in stage.variants)
        for cores in variant.core_choices
    ]
    places = _places(pipeline)
    measured = list(pipeline.combinations) if pipeline.accuracy_by_combination else []
    successors = pipeline.successors
    return {
        "models": np.array(
            [(number, c, v.load_s, v.accuracy, *places[number]) for number, v, c in served], dtype=MODEL
        ),
        "combinations": np.array([pipeline.accuracy_of(variants) for variants in measured]),
        "average_s": np.array([_averages(variant, cores, largest) for _, variant, cores in served]),
        "sigma": np.array([_sigmas(variant, cores, largest) for _, variant, cores in served]),
        "needs": np.array([len(needed) for needed in pipeline.predecessors]),
        "next_from": np.cumsum([0, *map(len, successors)]),
        "next": np.array([stage for following in successors for stage in following]),
    }


def _places(pipeline: Pipeline) -> list[tuple[int, int, int]]:
    """`combination`, `stride` and `choices` of each variant, in pipeline order; strides of many stages do not fit, nor
    do their combinations.
    """
    sizes = [len(stage.variants) for stage in pipeline.stages]
    strides = [prod(sizes[index + 1 :]) if pipeline.accuracy_by_combination else 0 for index in range(len(sizes))]
    return [
        (place * stride, stride, size) for size, stride in zip(sizes, strides, strict=True) for place in range(size)
    ]


def _averages(variant: Variant, cores: int, largest: int) -> list[float]:
    latency = variant.latency_on(cores)
    return [latency.average(size) if 1 <= size <= latency.max_batch else inf for size in range(largest + 1)]


def _sigmas(variant: Variant, cores: int, largest: int) -> list[float]:
    latency = variant.latency_on(cores)
    return [latency.noise_sigma(size) if 1 <= size <= latency.max_batch else inf for size in range(largest + 1)]


def _rules(scenario: Scenario) -> dict[str, float]:
    physics, drop, faults, limits = scenario.physics, scenario.physics.drop, scenario.physics.faults, scenario.limits
    return {
        "stations_per_stage": limits.max_deployments,
        "finals": sum(not following for following in scenario.pipeline.successors),
        "slo_s": scenario.pipeline.slo_s,
        "edf": physics.order == "edf",
        "batch_timeout_s": physics.batch_timeout_s,
        "expired": drop.expired,
        "hopeless": drop.hopeless,
        "max_queue": -1 if drop.max_queue is None else drop.max_queue,
        "max_age_s": inf if drop.max_age_s is None else drop.max_age_s,
        "family": family_of(physics.service)[0],
        "parameter": family_of(physics.service)[1],
        "in_place": physics.resize_s is not None,
        "resize_s": physics.resize_s or 0.0,
        "keep_alive_s": inf if physics.keep_alive_s is None else physics.keep_alive_s,
        "bounded": limits.node_cores is not None,
        "max_replicas": limits.max_replicas,
        "crashes_per_hour": faults.crashes_per_hour,
        "slow_start": faults.slow_start,
        "slow_start_factor": faults.slow_start_factor,
        "failed_start": faults.failed_start,
        "straggler": faults.straggler,
        "straggler_factor": faults.straggler_factor,
        "node_losses_per_hour": faults.node_losses_per_hour,
        "node_repair_s": faults.node_repair_s,
        "lost_scrape": faults.lost_scrape,
        "profile_error": physics.profile_error,
        "idle_watts": scenario.pipeline.idle_watts_per_core,
        "busy_watts": scenario.pipeline.busy_watts_per_core,
        "network": scenario.network is not None,
    }
