"""Scenarios in which much goes on at once, and random decisions for any scenario."""

from dataclasses import replace
from math import inf

import numpy as np

from ipagym.model.budget import affordable
from ipagym.model.configuration import Configuration, Deployment, Limits, StageSetting
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Pipeline, Stage, Variant
from ipagym.task.faults import Faults
from ipagym.task.physics import DropPolicy, Physics
from ipagym.task.scenario import Scenario
from ipagym.verification.model import Waves
from ipagym.workload.network import FourG, Network

BATCHES = (1, 2, 4, 8)
HARSH = Faults(
    crashes_per_hour=60.0, slow_start=0.2, failed_start=0.2, straggler=0.05, node_losses_per_hour=40.0, lost_scrape=0.1
)
"""Every fault, each of them often."""


def all_scenarios(duration_s: int) -> dict[str, Scenario]:
    """Scenarios of so many seconds by name, from a plain chain to everything that the physics knows."""
    chain = Scenario(
        pipeline=_pipeline(_stage("detect", 0.05), _stage("classify", 0.03)),
        workload=Waves(mean_rps=40.0, swing=0.9, period_s=30, duration_s=duration_s),
        initial=Configuration((StageSetting.of("small", 4, 4), StageSetting.of("small", 3, 2))),
        limits=Limits(max_replicas=6),
        physics=Physics(batch_timeout_s=0.05),
        interval_s=5.0,
    )
    drops = DropPolicy(expired=True, hopeless=True, max_queue=30, max_age_s=2.0)
    fork = _pipeline(
        _stage("decode", 0.02), _stage("left", 0.04, "decode"), _stage("right", 0.06, "decode"),
        _stage("join", 0.02, "left", "right"),
    )  # fmt: skip
    nodes = Limits(max_replicas=4, node_cores=(8, 8, 6))
    several = Limits(max_replicas=4, max_deployments=2, node_cores=(16, 16))
    sleepy = Physics(batch_timeout_s=0.0, keep_alive_s=2.0, service="exponential", order="edf", drop=drops)
    return {
        "chain": chain,
        "chain that drops": replace(chain, physics=replace(chain.physics, drop=drops)),
        "chain on few nodes, with faults": replace(chain, limits=nodes, physics=replace(chain.physics, faults=HARSH)),
        "fork and join": replace(chain, pipeline=fork, initial=Configuration((StageSetting.of("small", 4, 2),) * 4)),
        "several deployments, with faults": replace(
            chain, limits=several, physics=Physics(batch_timeout_s=0.05, resize_s=None, drop=drops, faults=HARSH)
        ),
        "replicas that sleep, earliest deadline first": replace(chain, physics=sleepy),
        "behind a 4G network": replace(
            chain, physics=replace(chain.physics, drop=drops, order="edf"), network=Network(bandwidth=FourG())
        ),
        "more load than can ever be served": replace(
            chain, workload=Waves(mean_rps=2000.0, swing=0.5, period_s=30, duration_s=max(2, duration_s // 10)),
            interval_s=1.0, physics=replace(chain.physics, drop=replace(drops, max_queue=500)),
        ),
    }  # fmt: skip


def random_configuration(scenario: Scenario, rng: np.random.Generator) -> Configuration:
    """Any configuration that the pipeline and the limits allow.

    One that asks for more than `max_cores` is cut down; where its variants cannot be had for so few, those of the
    scenario's initial configuration take their place, which can.
    """
    drawn = _any_configuration(scenario, rng)
    if _fewest_cores(drawn, scenario.pipeline) > (scenario.limits.max_cores or inf):
        drawn = scenario.initial
    return affordable(drawn, scenario.pipeline, scenario.limits)


def _fewest_cores(configuration: Configuration, pipeline: Pipeline) -> int:
    """Cores of one replica of one of its deployments in every stage."""
    return sum(
        min(stage.variant(deployment.variant).core_choices[0] for deployment in setting.deployments)
        for setting, stage in zip(configuration.stages, pipeline.stages, strict=True)
    )


def _any_configuration(scenario: Scenario, rng: np.random.Generator) -> Configuration:

    def deployment(stage: Stage, name: str) -> Deployment:
        cores = stage.variant(name).core_choices
        return Deployment(
            variant=name,
            replicas=int(rng.integers(1, scenario.limits.max_replicas + 1)),
            batch=int(rng.choice(stage.batches)),
            cores=int(rng.choice(cores)),
            weight=float(rng.uniform(0.1, 2.0)),
        )

    def setting(stage: Stage) -> StageSetting:
        names = [variant.name for variant in stage.variants]
        number = int(rng.integers(1, min(scenario.limits.max_deployments, len(names)) + 1))
        return StageSetting(tuple(deployment(stage, str(name)) for name in rng.choice(names, number, replace=False)))

    return Configuration(tuple(setting(stage) for stage in scenario.pipeline.stages))


def _pipeline(*stages: Stage) -> Pipeline:
    return Pipeline(name="stress", stages=stages, slo_s=1.0, idle_watts_per_core=4.0, busy_watts_per_core=9.0)


def _stage(name: str, base_s: float, *after: str) -> Stage:
    small = Variant(
        name="small",
        accuracy=0.6,
        base_cores=1,
        load_s=3.0,
        latency=_latency(base_s),
        on_cores={2: _latency(base_s / 2)},
    )
    big = Variant(name="big", accuracy=0.8, base_cores=2, load_s=6.0, latency=_latency(2 * base_s))
    return Stage(name=name, variants=(small, big), batches=BATCHES, after=after or None)


def _latency(base_s: float) -> LatencyModel:
    average_s = {batch: base_s * (1 + 0.4 * (batch - 1)) for batch in BATCHES}
    return LatencyModel(average_s=average_s, p99_s={batch: 1.5 * s for batch, s in average_s.items()})
