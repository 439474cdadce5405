"""IPA's published runs, simulated: full episodes under the released settings, beside the published figures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ipagym import profiles
from ipagym.agents.published.released_ipa import ReleasedIpa
from ipagym.bench.episode import Episode, run_episode
from ipagym.bench.reproduction.ipa_runs import (
    LOADS,
    METHODS,
    PUBLISHED,
    PUBLISHED_FAILED_PERCENT,
    Run,
    predictor_run,
    published_run,
)
from ipagym.cluster.sim import CompiledCluster
from ipagym.envs.scenarios import make_scenario
from ipagym.forecast import Forecaster
from ipagym.forecast.lstm import Lstm
from ipagym.forecast.margin import WithMargin
from ipagym.forecast.maxima import ipa_lstm, reactive
from ipagym.forecast.oracle import Oracle
from ipagym.model.configuration import Limits, configured_accuracy, requested_cores
from ipagym.model.latency import LatencyModel
from ipagym.model.pipeline import Variant
from ipagym.random.streams import Streams
from ipagym.task.scenario import Scenario

Progress = Callable[[str, int, int], None]

SEED = 0
PREDICTORS = ("oracle", "lstm", "reactive")
MOST_REPLICAS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Mean cores asked for and mean PAS × 100 of one published run, as published and as simulated."""

    pipeline: str
    load: str
    method: str
    published_cores: float
    cores: float
    published_pas: float
    pas: float

    @property
    def cores_percent(self) -> float:
        """The distance of our cores from the published ones, in percent."""
        return 100 * (self.cores / self.published_cores - 1)

    @property
    def is_near(self) -> bool:
        """Cores within 10 %, PAS within 2 points."""
        return abs(self.cores_percent) <= 10 and abs(self.pas - self.published_pas) <= 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Predicted:
    """Percent of the requests that failed (published), that were dropped, and that violated the SLO (simulated)."""

    pipeline: str
    predictor: str
    published_failed_percent: float
    dropped_percent: float
    violated_percent: float
    cores: float


def compare_runs(trace: Path | None, progress: Progress) -> Iterator[Compared]:
    """Every pipeline, load and method, each an episode of 20 minutes."""
    total, done = len(PUBLISHED) * len(METHODS), 0
    for (pipeline, load), figures in PUBLISHED.items():
        assert load in LOADS
        for method, (cores, pas) in zip(METHODS, figures, strict=True):
            progress(f"{pipeline} {load} {method}", done, total)
            scenario = released_scenario(pipeline, load, trace)
            episode = simulate(scenario, published_run(pipeline, load, method), ipa_lstm())
            asked = [window.configuration for window in episode.windows]
            yield Compared(
                pipeline=pipeline,
                load=load,
                method=method,
                published_cores=cores,
                cores=float(np.mean([requested_cores(each, scenario.pipeline) for each in asked])),
                published_pas=pas,
                pas=100 * float(np.mean([configured_accuracy(each, scenario.pipeline) for each in asked])),
            )
            done += 1
    progress("done", total, total)


def compare_predictors(trace: Path | None, progress: Progress) -> Iterator[Predicted]:
    """The bursty load of every pipeline, planned for by each predictor, under the tight SLO.

    The paper counts requests that failed; nothing fails here. What a worse forecast costs shows in requests that come
    too late, and of these there are hardly any under the released SLO.
    """
    total, done = len(PUBLISHED_FAILED_PERCENT) * len(PREDICTORS), 0
    for pipeline, published in PUBLISHED_FAILED_PERCENT.items():
        scenario = _with_tight_slo(released_scenario(pipeline, "bursty", trace))
        rates = scenario.workload.rates_rps(Streams.spawn(SEED).load)
        forecasters: tuple[Forecaster, ...] = (Oracle(rates), Lstm(), reactive())
        for name, forecaster, failed in zip(PREDICTORS, forecasters, published, strict=True):
            progress(f"{pipeline} {name}", done, total)
            episode = simulate(scenario, predictor_run(pipeline), forecaster)
            arrived = sum(window.arrivals for window in episode.windows)
            yield Predicted(
                pipeline=pipeline,
                predictor=name,
                published_failed_percent=failed,
                dropped_percent=100 * sum(window.dropped for window in episode.windows) / arrived,
                violated_percent=100 * sum(window.violations for window in episode.windows) / arrived,
                cores=float(np.mean([requested_cores(w.configuration, scenario.pipeline) for w in episode.windows])),
            )
            done += 1
    progress("done", total, total)


def released_scenario(pipeline: str, load: str, trace: Path | None) -> Scenario:
    """The scenario with every number of cores that was measured, and with the trace's requests in each second.

    The experiments ran on other machines than the profiling; the margin on throughput says by how much slower their
    authors took these to be, and so much slower is everything here.
    """
    usual = make_scenario(pipeline, load, trace=trace, limits=Limits(max_replicas=MOST_REPLICAS))
    measured = profiles.load(pipeline).pipeline
    slowdown = _slowdown(pipeline)
    stages = tuple(
        replace(stage, batches=served.batches, variants=tuple(_slower(each, slowdown) for each in stage.variants))
        for stage, served in zip(measured.stages, usual.pipeline.stages, strict=True)
    )
    return replace(usual, pipeline=replace(measured, stages=stages), physics=replace(usual.physics, arrivals="uniform"))


def _slowdown(pipeline: str) -> float:
    return 1 / (1 + predictor_run(pipeline).settings.throughput_margin)


def _with_tight_slo(scenario: Scenario) -> Scenario:
    """The tight SLO, for machines as slow as these are taken to be."""
    name = scenario.pipeline.name
    tight_s = profiles.load(name).tight_slo_s
    assert tight_s is not None, "IPA's pipelines have a tight SLO"
    return replace(scenario, pipeline=replace(scenario.pipeline, slo_s=_slowdown(name) * tight_s))


def _slower(variant: Variant, factor: float) -> Variant:
    on_cores = {cores: _slower_model(variant.latency_on(cores), factor) for cores in variant.on_cores}
    return replace(variant, latency=_slower_model(variant.latency, factor), on_cores=on_cores)


def _slower_model(model: LatencyModel, factor: float) -> LatencyModel:
    tables = ({batch: factor * s for batch, s in table.items()} for table in (model.average_s, model.p99_s))
    return LatencyModel(**dict(zip(("average_s", "p99_s"), tables, strict=True)), measured_rps=model.measured_rps)


def simulate(scenario: Scenario, run: Run, forecaster: Forecaster) -> Episode:
    """An episode of the released controller."""
    agent = ReleasedIpa(
        profiles.load(scenario.pipeline.name).pipeline,
        run.settings,
        objective=run.objective,
        forecaster=WithMargin(forecaster, run.forecast_margin),
    )
    return run_episode(agent, CompiledCluster(scenario), scenario, SEED)
