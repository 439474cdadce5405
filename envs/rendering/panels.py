"""The panels of a pipeline: values over time on a scale that depends only on the scenario."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ipagym.envs.rendering.episode import EpisodeSoFar
from ipagym.envs.rendering.scales import Scale, Values, linear, root, round_up
from ipagym.model.configuration import Limits
from ipagym.model.pipeline import Stage, pas
from ipagym.task.scenario import Scenario

BLUE, ORANGE, RED, GREEN = "#56B4E9", "#E69F00", "#D55E00", "#009E73"
"""Colours of the colour-blind-safe palette of Okabe and Ito."""

HEADROOM = 1.25
"""During a rollout, more cores may be held than may be requested."""

SLOS_SHOWN = 3
"""The upper end of the latency panel, in multiples of the SLO."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Panel:
    """Stacked areas, `areas` of shape (layers, n) with a colour per layer, and a line over them, shape (n,).

    `title` returns the text above the panel: the name and the value of the last window. `level` is a fixed value for a
    dashed line.
    """

    name: str
    title: Callable[[EpisodeSoFar], str]
    scale: Scale
    areas: Callable[[EpisodeSoFar], Values]
    colours: tuple[str, ...]
    line: Callable[[EpisodeSoFar], Values] | None = None
    level: float | None = None


def pipeline_panels(scenario: Scenario) -> tuple[Panel, ...]:
    """Load, latency, violations, cores and accuracy of the whole pipeline."""
    return (_load(scenario), _latency(scenario.pipeline.slo_s), _VIOLATIONS, _cores(scenario), _accuracy(scenario))


def most_cores(stages: Sequence[Stage], limits: Limits) -> int:
    """The most cores that a configuration may request in these stages, whether nodes have them or not."""
    widest = (max(variant.core_choices[-1] for variant in stage.variants) for stage in stages)
    most = limits.max_replicas * sum(widest)
    return most if limits.max_cores is None else min(most, limits.max_cores)


def _load(scenario: Scenario) -> Panel:
    return Panel(
        name="load",
        title=lambda episode: f"load {episode.rate_rps[-1]:.1f} requests/s",
        scale=linear(_highest_load_rps(scenario)),
        areas=lambda episode: episode.rate_rps[np.newaxis],
        colours=(BLUE,),
    )


def _highest_load_rps(scenario: Scenario) -> float:
    """The peak of the load under one seed, plus a margin for random arrivals in an interval."""
    peak = float(np.max(scenario.workload.rates_rps(np.random.default_rng(0))))
    return round_up(1.1 * peak + 3 * np.sqrt(peak / scenario.interval_s))


def _latency(slo_s: float) -> Panel:
    def p99_s(episode: EpisodeSoFar) -> Values:
        return np.where(episode.windows["completed"] > 0, episode.windows["latency_p99_s"], np.nan)

    return Panel(
        name="latency",
        title=lambda episode: f"p99 {episode.windows['latency_p99_s'][-1]:.2f} s, SLO {slo_s:.2f} s",
        scale=Scale(low=0, high=SLOS_SHOWN * slo_s, ticks=(0, slo_s, SLOS_SHOWN * slo_s)),
        areas=lambda episode: p99_s(episode)[np.newaxis],
        colours=(ORANGE,),
        level=slo_s,
    )


_VIOLATIONS = Panel(
    name="violations",
    title=lambda episode: f"SLO violations {100 * episode.violation_rate[-1]:.1f} %",
    scale=linear(100),
    areas=lambda episode: 100 * episode.violation_rate[np.newaxis],
    colours=(RED,),
)


def _cores(scenario: Scenario) -> Panel:
    def asked(episode: EpisodeSoFar) -> Values:
        return np.asarray(episode.cores_asked.sum(axis=(1, 2)), dtype=np.float64)

    return Panel(
        name="cores",
        title=lambda episode: f"cores {episode.windows['cores'][-1]:.1f} held, {asked(episode)[-1]:.0f} asked",
        scale=root(most_cores(scenario.pipeline.stages, scenario.limits), HEADROOM),
        areas=lambda episode: episode.windows["cores"][np.newaxis],
        colours=("#BBBBBB",),
        line=asked,
    )


def _accuracy(scenario: Scenario) -> Panel:
    stages = scenario.pipeline.stages
    worst, best = (
        100 * pas(end(variant.accuracy for variant in stage.variants) for stage in stages) for end in (min, max)
    )
    return Panel(
        name="accuracy",
        title=lambda episode: f"PAS {100 * episode.windows['accuracy'][-1]:.1f} %",
        scale=linear(min(100.0, float(np.ceil(best + 1))), max(0.0, float(np.floor(worst - 1)))),
        areas=lambda episode: 100 * episode.windows["accuracy"][np.newaxis],
        colours=(GREEN,),
    )
